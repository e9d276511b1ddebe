using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Silo.Health;

namespace ReflectDiT.Eval.Silo.Tests.Health;

public sealed class WorkerHealthTests
{
    [Fact]
    public async Task A_worker_is_not_alive_while_one_of_its_models_does_not_come_back()
    {
        var back = new TaskCompletionSource();
        using var host = new ModelHost(new Hanging(back.Task)) { Patience = TimeSpan.Zero };
        var health = new WorkerHealth(new RunProgress { Models = host }, CancellationToken.None);
        var model = host.Generator(ModelConfiguration.RanElsewhere, new());
        await model.LoadAsync(CancellationToken.None);
        Assert.Null(health.NotAlive());

        await Assert.ThrowsAsync<NoAnswerException>(
            () => model.AskAsync(new("a cat", 1, []), TimeSpan.FromMilliseconds(50), CancellationToken.None));
        await UntilAsync(() => health.NotAlive() is not null);

        Assert.StartsWith("the generator hangs: ", health.NotAlive(), StringComparison.Ordinal);
        back.SetResult();
        await UntilAsync(() => health.NotAlive() is null);
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!reached())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class Hanging(Task back) : IModelKinds, IGenerator
    {
        public string Digest { get; } = new('d', 64);

        public BatchPolicy Batches { get; } = new(1);

        public IGenerator Generator(ModelConfiguration model, Placement placement) => this;

        public IJudge Judge(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public IDetector Detector(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public IAnswerer Answerer(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public async Task<IReadOnlyList<Drawing>> AnswerAsync(IReadOnlyList<DrawRequest> requests, CancellationToken withdrawn)
        {
            await back;
            return [.. requests.Select(_ => new Drawing(new byte[] { 1 }, 1, 1))];
        }

        public void Dispose()
        {
        }
    }
}

using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Tests.Host;

/// <summary>A model that says when it may be asked: waiting for that is no part of an answer's time, and no try.</summary>
public sealed class AdmissionTests
{
    private static readonly DetectRequest Request = new(new byte[] { 1 });
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Nothing_is_asked_before_it_is_admitted_and_places_are_given_back()
    {
        var model = new Guarded();
        using var host = new ModelHost(model);
        var asked = Ask(host, CancellationToken.None);
        await model.Waits.Task.WaitAsync(Deadline);
        Assert.Equal((0, 0), (model.Admitted, model.Asked));
        model.Gate.Release();
        await asked.WaitAsync(Deadline);
        await model.Left.WaitAsync(Deadline);
        Assert.Equal((1, 1), (model.Admitted, model.Asked));
    }

    [Fact]
    public async Task A_busy_model_is_asked_again_when_it_admits_again()
    {
        var model = new Guarded { BusyTimes = 3 };
        model.Gate.Release(4);
        using var host = new ModelHost(model);
        await Ask(host, CancellationToken.None).WaitAsync(Deadline);
        for (var i = 0; i < 4; i++)
        {
            await model.Left.WaitAsync(Deadline);
        }

        Assert.Equal((4, 4), (model.Admitted, model.Asked));
    }

    [Fact]
    public async Task Who_waits_no_longer_leaves_the_place_to_the_next()
    {
        var model = new Guarded();
        using var host = new ModelHost(model);
        using var stop = new CancellationTokenSource();
        var withdrawn = Ask(host, stop.Token);
        await model.Waits.Task.WaitAsync(Deadline);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => withdrawn.WaitAsync(Deadline));
        model.Gate.Release();
        await Ask(host, CancellationToken.None).WaitAsync(Deadline);
        Assert.InRange(model.Asked, 1, 2); // the place may have been given before it was known that nobody waits
    }

    [Fact]
    public async Task A_refusal_to_admit_is_told_to_who_asks()
    {
        var model = new Guarded { Refuses = new ModelUnavailableException("closed") };
        using var host = new ModelHost(model);
        Assert.Equal("closed", (await Assert.ThrowsAsync<ModelUnavailableException>(() => Ask(host, CancellationToken.None).WaitAsync(Deadline))).Message);
    }

    private static Task<Served<Detected>> Ask(ModelHost host, CancellationToken withdrawn) =>
        host.Detector(ModelConfiguration.RanElsewhere, new()).AskAsync(Request, Deadline, withdrawn);

    private sealed class Guarded : IModelKinds, IDetector
    {
        public TaskCompletionSource Waits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SemaphoreSlim Gate { get; } = new(0);

        /// <summary>Released for each place that is given back.</summary>
        public SemaphoreSlim Left { get; } = new(0);

        public int BusyTimes { get; init; }

        public Exception? Refuses { get; init; }

        public int Admitted { get; private set; }

        public int Asked { get; private set; }

        public string Digest { get; } = new('d', 64);

        public BatchPolicy Batches { get; } = new(1, AtOnce: 2);

        public async Task<IDisposable?> AdmitAsync(CancellationToken withdrawn)
        {
            if (Refuses is not null)
            {
                throw Refuses;
            }

            Waits.TrySetResult();
            await Gate.WaitAsync(withdrawn);
            Admitted++;
            return new Place(this);
        }

        public Task<IReadOnlyList<Detected>> AnswerAsync(IReadOnlyList<DetectRequest> requests, CancellationToken withdrawn) =>
            ++Asked <= BusyTimes
                ? throw new ModelBusyException("busy")
                : Task.FromResult<IReadOnlyList<Detected>>([new(new Dictionary<string, IReadOnlyList<Detection>>())]);

        public IGenerator Generator(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public IJudge Judge(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public IDetector Detector(ModelConfiguration model, Placement placement) => this;

        public IAnswerer Answerer(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        private sealed class Place(Guarded of) : IDisposable
        {
            public void Dispose()
            {
                of.Left.Release();
                of.Gate.Release();
            }
        }
    }
}

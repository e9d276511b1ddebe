using System.Collections.Concurrent;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Tests.Host;

/// <summary>Models that do not fit into a device's memory together take turns.</summary>
public sealed class DeviceMemoryTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Chains_that_need_two_models_where_one_fits_all_come_to_their_end_with_few_loads()
    {
        var kinds = new Kinds();
        using var host = new ModelHost(kinds) { Capacity = _ => 10L << 30 };
        var (generator, judge) = (host.Generator(Model("draws"), Taking(6)), host.Judge(Model("judges"), Taking(6)));
        const int Chains = 20;
        const int Attempts = 5;
        await Task.WhenAll(Enumerable.Range(0, Chains).Select(async _ =>
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var drawing = (await generator.AskAsync(new("a cat", attempt, []), Minute, CancellationToken.None)).Answer;
                await judge.AskAsync(new("a cat", drawing.Image, attempt), Minute, CancellationToken.None);
            }
        })).WaitAsync(Minute);
        Assert.Equal(1, kinds.MostLoaded);
        Assert.Equal(2 * Chains * Attempts, kinds.Answers);
        // Every load serves those who had come by then: at worst one chain each.
        Assert.InRange(kinds.Loads, 2 * Attempts, 2 * Chains * Attempts);
    }

    [Fact]
    public async Task The_model_that_was_asked_longest_ago_makes_room()
    {
        var kinds = new Kinds();
        using var host = new ModelHost(kinds) { Capacity = _ => 10L << 30 };
        var news = new ConcurrentQueue<string>();
        host.News += (_, told) => news.Enqueue($"{told.Model[^2]} {(told.Took is null ? "left" : "came")}");
        foreach (var name in new[] { "a", "b", "a", "c" })
        {
            await host.Generator(Model(name), Taking(5)).AskAsync(new("a cat", 1, []), Minute, CancellationToken.None);
        }

        Assert.Equal(["a came", "b came", "b left", "c came"], news);
        Assert.Equal([("generator (a)", 5L << 30), ("generator (c)", 5L << 30)], host.Loaded.Select(m => (m.Title, m.Bytes)));
    }

    [Fact]
    public async Task Devices_have_memory_of_their_own_and_a_model_of_unknown_size_needs_no_room()
    {
        var kinds = new Kinds();
        using var host = new ModelHost(kinds) { Capacity = _ => 10L << 30 };
        await host.Generator(Model("a"), Taking(9)).LoadAsync(CancellationToken.None);
        await host.Generator(Model("b"), Taking(9) with { Device = "cuda:0" }).LoadAsync(CancellationToken.None);
        await host.Generator(Model("c"), new()).LoadAsync(CancellationToken.None);
        Assert.Equal(
            [new("generator (a)", "cpu", 9L << 30), new("generator (b)", "cuda:0", 9L << 30), new("generator (c)", "cpu", 0)], host.Loaded);
    }

    [Fact]
    public async Task A_model_that_its_device_can_never_hold_is_refused_with_both_sizes()
    {
        using var host = new ModelHost(new Kinds()) { Capacity = _ => 10L << 30 };
        var refused = await Assert.ThrowsAsync<ModelUnavailableException>(
            () => host.Generator(Model("huge"), Taking(10.5)).LoadAsync(CancellationToken.None));
        Assert.Equal(
            "the generator huge cannot be loaded: it takes 10.5 GiB of cpu, which has 10 GiB for models: see memory_gib and offload of its placement",
            refused.Message);
    }

    [Fact]
    public async Task A_load_that_fails_gives_its_room_back()
    {
        var kinds = new Kinds { Broken = "a" };
        using var host = new ModelHost(kinds) { Capacity = _ => 10L << 30 };
        await Assert.ThrowsAsync<ModelUnavailableException>(() => host.Generator(Model("a"), Taking(9)).LoadAsync(CancellationToken.None));
        await host.Generator(Model("b"), Taking(9)).LoadAsync(CancellationToken.None).WaitAsync(Minute);
    }

    [Fact]
    public async Task Weights_that_are_not_those_that_the_sweep_pins_or_not_those_of_the_first_load_are_refused()
    {
        var kinds = new Kinds { Digest = new('a', 64) };
        using var host = new ModelHost(kinds) { Capacity = _ => 10L << 30, RetryLoadAfter = TimeSpan.Zero };
        var pinned = host.Generator(Model("pinned") with { Digest = new('b', 64) }, new());
        var refused = await Assert.ThrowsAsync<ModelUnavailableException>(() => pinned.LoadAsync(CancellationToken.None));
        Assert.Equal($"the generator pinned cannot be loaded: its weights have the digest {new string('a', 64)}, and the sweep asks for {new string('b', 64)}", refused.Message);

        var model = host.Generator(Model("changing"), Taking(9));
        await model.LoadAsync(CancellationToken.None);
        Assert.Equal(new('a', 64), model.Digest);
        await host.Generator(Model("other"), Taking(9)).LoadAsync(CancellationToken.None);
        kinds.Digest = new('c', 64);
        var changed = await Assert.ThrowsAsync<ModelUnavailableException>(() => model.AskAsync(new("a cat", 1, []), Minute, CancellationToken.None));
        Assert.Contains("when this process first loaded them", changed.Message, StringComparison.Ordinal);

        kinds.Digest = "of no form";
        var formless = host.Generator(Model("formless"), new());
        Assert.Contains(
            "its digest is 'of no form'; expected 64 hexadecimal digits",
            (await Assert.ThrowsAsync<ModelUnavailableException>(() => formless.LoadAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    private static ModelConfiguration Model(string name) => new(name, null);

    private static Placement Taking(double gib) => new() { MemoryGib = gib };

    /// <summary>Models that count how many of them are loaded.</summary>
    private sealed class Kinds : IModelKinds
    {
        private int _loaded;
        private int _loads;
        private int _answers;

        public int MostLoaded { get; private set; }

        public int Loads => _loads;

        public int Answers => _answers;

        public string Digest { get; set; } = new('d', 64);

        /// <summary>The kind that cannot be loaded.</summary>
        public string? Broken { get; init; }

        public IGenerator Generator(ModelConfiguration model, Placement placement) =>
            model.Kind == Broken ? throw new IOException("broken") : new OfGenerator(this);

        public IJudge Judge(ModelConfiguration model, Placement placement) => new OfJudge(this);

        public IDetector Detector(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public IAnswerer Answerer(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        private class Counted : IDisposable
        {
            private readonly Kinds _kinds;

            protected Counted(Kinds kinds)
            {
                _kinds = kinds;
                Digest = kinds.Digest;
                Interlocked.Increment(ref kinds._loads);
                lock (kinds)
                {
                    kinds.MostLoaded = Math.Max(kinds.MostLoaded, ++kinds._loaded);
                }
            }

            public string Digest { get; }

            public BatchPolicy Batches { get; } = new(4);

            public void Dispose()
            {
                lock (_kinds)
                {
                    _kinds._loaded--;
                }
            }

            protected void Answer(int requests) => Interlocked.Add(ref _kinds._answers, requests);
        }

        private sealed class OfGenerator(Kinds kinds) : Counted(kinds), IGenerator
        {
            public Task<IReadOnlyList<Drawing>> AnswerAsync(IReadOnlyList<DrawRequest> requests, CancellationToken withdrawn)
            {
                Answer(requests.Count);
                return Task.FromResult<IReadOnlyList<Drawing>>([.. requests.Select(_ => new Drawing(new byte[] { 1 }, 1, 1))]);
            }
        }

        private sealed class OfJudge(Kinds kinds) : Counted(kinds), IJudge
        {
            public Task<IReadOnlyList<Judgement>> AnswerAsync(IReadOnlyList<JudgeRequest> requests, CancellationToken withdrawn)
            {
                Answer(requests.Count);
                return Task.FromResult<IReadOnlyList<Judgement>>([.. requests.Select(_ => new Judgement(new Verdict(true, 1, 0, ""), "", 1, 1))]);
            }
        }
    }
}

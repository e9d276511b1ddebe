using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Silo.Cluster;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// Many workers on one ledger, by leases alone as `run` shares a sweep, or as silos: chains claimed and completed per
/// second with models that take no time (each chain is one attempt), how long the database takes for a claim, and how
/// soon the chains of a worker that died are drawn on by another.
/// </summary>
internal sealed class ClaimBenchmark : IAsyncDisposable
{
    private const int Slots = 16;
    private const int Rounds = 3;
    private const int Deaths = 5;

    private readonly LedgerSession _session;
    private readonly ConcurrentDictionary<Guid, SweepSetup> _sweeps = new();
    private readonly ConcurrentBag<double> _claims = [];
    private readonly ActivityListener _commands;

    private readonly bool _silos;

    private ClaimBenchmark(LedgerSession session, bool silos)
    {
        (_session, _silos) = (session, silos);
        _commands = new()
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = command =>
            {
                if (command.Tags.Any(t => t.Value?.Contains("SKIP LOCKED", StringComparison.Ordinal) == true))
                    _claims.Add(command.Duration.TotalMilliseconds);
            },
        };
        ActivitySource.AddActivityListener(_commands);
    }

    /// <param name="workers">Workers at once, each with sessions of its own, in this process.</param>
    /// <param name="parent">The data folder is made in this folder, and removed.</param>
    /// <param name="silos">As silos of one cluster; else by leases alone.</param>
    public static async Task<int> RunAsync(int workers, string parent, bool silos)
    {
        var folder = Path.Combine(parent, $"reflectdit-benchmark-{Environment.ProcessId}");
        try
        {
            await using var session = await LedgerSession.OpenAsync(folder, null, CancellationToken.None);
            await using var benchmark = new ClaimBenchmark(session, silos);
            await benchmark.RoundsAsync(workers);
            await benchmark.DeathsAsync();
            return 0;
        }
        finally
        {
            await PrivateServer.StopAsync(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _commands.Dispose();
        await _session.DisposeAsync();
    }

    private async Task RoundsAsync(int workers)
    {
        await using var hosts = await HostsAsync(workers);
        for (var round = 0; round <= Rounds; round++)
        {
            var sweep = Sweep(round);
            _claims.Clear();
            var before = hosts.Attempts;
            var clock = Stopwatch.StartNew();
            await _session.Sweeps.PlanAsync(sweep.Plan, CancellationToken.None);
            var planned = clock.Elapsed;
            var chains = sweep.Plan.Prompts.Count * sweep.Arms.Count;
            await UntilAsync(() => hosts.Attempts == before + chains);
            if (round == 0)
                continue; // compiles and warms up
            var claims = _claims.Order().ToList();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workers} {(_silos ? "silos" : "workers")}: {chains / (clock.Elapsed - planned).TotalSeconds:0} chains/s claimed and completed; "
                + $"{claims.Count} claims, median {claims[claims.Count / 2]:0.0} ms, p99 {claims[claims.Count * 99 / 100]:0.0} ms"));
        }
    }

    private async Task DeathsAsync()
    {
        var seconds = new List<double>();
        for (var death = 0; death < Deaths; death++)
        {
            var sweep = Sweep(100 + death);
            await _session.Sweeps.PlanAsync(sweep.Plan, CancellationToken.None);
            await using var dying = await WorkerSession.OpenAsync(
                _session.Source, new(Slots), TimeSpan.FromMinutes(1), () => { }, CancellationToken.None);
            await _session.Leases.ClaimAsync(
                dying.Number, new(sweep.Plan.Id), int.MaxValue, besideOthers: true, CancellationToken.None);
            await using var hosts = await HostsAsync(1);
            var clock = Stopwatch.StartNew();
            await EndSessionAsync(dying.Number);
            await UntilAsync(() => hosts.Attempts > 0);
            seconds.Add(clock.Elapsed.TotalSeconds);
            await UntilAsync(() => hosts.Attempts == sweep.Plan.Prompts.Count * sweep.Arms.Count);
        }

        seconds.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"from a worker's death to the next durable attempt of its chains: median {seconds[Deaths / 2]:0.00} s, "
            + $"longest {seconds[^1]:0.00} s of {Deaths}"));
    }

    private SweepSetup Sweep(int number)
    {
        var sweep = NoTimeSweep.Of(number, attempts: 1);
        _sweeps[sweep.Plan.Id] = sweep;
        return sweep;
    }

    private async Task<Hosts> HostsAsync(int workers)
    {
        var stop = new CancellationTokenSource();
        var progress = Enumerable.Range(0, workers).Select(_ => new RunProgress()).ToArray();
        var hosts = new Hosts(stop, progress, Task.WhenAll(progress.Select(p => Task.Run(() => HostAsync(p, stop.Token)))));
        await UntilAsync(() => progress.All(p => p.Pulse.Now == WorkerPulse.Phase.Working));
        return hosts;
    }

    private Task HostAsync(RunProgress progress, CancellationToken stop)
    {
        var options = new WorkerOptions(Slots, new WorkScope());
        Func<Guid, CancellationToken, Task<SweepSetup>> sweeps = (id, _) => Task.FromResult(_sweeps[id]);
        return _silos
            ? new SiloHost(_session, sweeps, options, progress).RunAsync(stop)
            : new Worker(_session, sweeps, options, progress).RunAsync(stop);
    }

    /// <summary>What the database sees when a worker's process is killed.</summary>
    private async Task EndSessionAsync(int worker)
    {
        await using var end = _session.Source.CreateCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = $1");
        end.Parameters.Add(new NpgsqlParameter { Value = (long)worker });
        await end.ExecuteNonQueryAsync();
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        while (!reached())
            await Task.Delay(1);
    }

    private sealed class Hosts(CancellationTokenSource stop, RunProgress[] progress, Task running) : IAsyncDisposable
    {
        public int Attempts => progress.Sum(p => p.Attempts);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
        }
    }
}

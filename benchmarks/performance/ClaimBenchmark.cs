using System.Diagnostics;
using System.Globalization;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Benchmarks;

/// <summary>
/// Many workers on one ledger: chains claimed and completed per second with models that take no time (each chain is
/// one attempt), how long a claim takes, and how soon the chains of a worker that died are drawn on by another.
/// </summary>
internal static class ClaimBenchmark
{
    private const int Slots = 16;
    private const int Deaths = 5;

    /// <param name="workers">Workers at once, each with sessions of its own, in this process.</param>
    /// <param name="parent">The data folder is made in this folder, and removed.</param>
    public static async Task<int> RunAsync(int workers, string parent)
    {
        var folder = Path.Combine(parent, $"reflectdit-benchmark-{Environment.ProcessId}");
        try
        {
            await using var session = await LedgerSession.OpenAsync(folder, null, CancellationToken.None);
            await RoundAsync(session, workers, round: 0); // compiles and warms up
            for (var round = 1; round <= 3; round++)
            {
                Console.WriteLine(await RoundAsync(session, workers, round));
            }

            Console.WriteLine(await DeathsAsync(session));
            return 0;
        }
        finally
        {
            await PrivateServer.StopAsync(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> RoundAsync(LedgerSession session, int workers, int round)
    {
        var sweep = NoTimeSweep.Of(round, attempts: 1);
        await session.Sweeps.PlanAsync(sweep.Plan, CancellationToken.None);
        var claims = new List<double>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(session, sweep, claims))));
        var seconds = clock.Elapsed.TotalSeconds;
        var chains = sweep.Prompts.Count * sweep.Arms.Count;
        claims.Sort();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{workers} workers: {chains / seconds:0} chains/s claimed and completed; "
            + $"{claims.Count} claims, median {claims[claims.Count / 2]:0.0} ms, p99 {claims[claims.Count * 99 / 100]:0.0} ms");
    }

    /// <summary>The worker's steps without its waiting: claim a batch, run its chains, until nothing is left.</summary>
    private static async Task WorkAsync(LedgerSession session, SweepSetup sweep, List<double> claims)
    {
        await using var worker = await WorkerSession.OpenAsync(session.Source, Slots, null, () => { }, CancellationToken.None);
        await using var writer = new AttemptWriter(session.Source, session.Artifacts);
        var runner = new ChainRunner(sweep, writer, session.Artifacts, new RunProgress());
        while (true)
        {
            var clock = Stopwatch.StartNew();
            var chains = await session.Leases.ClaimAsync(
                worker.Number, new(sweep.Plan.Id), Slots, TimeSpan.FromMinutes(1), CancellationToken.None);
            lock (claims)
            {
                claims.Add(clock.Elapsed.TotalMilliseconds);
            }

            if (chains.Count == 0)
            {
                return;
            }

            await Task.WhenAll(chains.Select(c => runner.RunAsync(c, CancellationToken.None, CancellationToken.None)));
        }
    }

    private static async Task<string> DeathsAsync(LedgerSession session)
    {
        var seconds = new List<double>();
        for (var death = 0; death < Deaths; death++)
        {
            var sweep = NoTimeSweep.Of(100 + death, attempts: 1);
            await session.Sweeps.PlanAsync(sweep.Plan, CancellationToken.None);
            var scope = new WorkScope(sweep.Plan.Id);
            var dying = await WorkerSession.OpenAsync(session.Source, Slots, null, () => { }, CancellationToken.None);
            await session.Leases.ClaimAsync(dying.Number, scope, int.MaxValue, TimeSpan.FromMinutes(1), CancellationToken.None);
            using var drawn = new SemaphoreSlim(0);
            var progress = new RunProgress();
            var other = new Worker(
                session, (_, _) => Task.FromResult(sweep), new WorkerOptions(Slots, scope) { EndsWhenDone = true }, progress);
            var run = other.RunAsync(CancellationToken.None);
            while (progress.Total == 0)
            {
                await Task.Delay(1);
            }

            var clock = Stopwatch.StartNew();
            await EndSessionAsync(session, dying.Number);
            while (progress.Attempts == 0)
            {
                await Task.Delay(1);
            }

            seconds.Add(clock.Elapsed.TotalSeconds);
            await run;
            await dying.DisposeAsync();
        }

        seconds.Sort();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"from a worker's death to the next durable attempt of its chains: median {seconds[Deaths / 2]:0.00} s, "
            + $"longest {seconds[^1]:0.00} s of {Deaths}");
    }

    /// <summary>What the database sees when a worker's process is killed.</summary>
    private static async Task EndSessionAsync(LedgerSession session, int worker)
    {
        await using var end = session.Source.CreateCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = $1");
        end.Parameters.Add(new NpgsqlParameter { Value = (long)worker });
        await end.ExecuteNonQueryAsync();
    }
}

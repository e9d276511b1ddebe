using System.Diagnostics;
using System.Globalization;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// Durable attempts per second: whole sweeps of best-of-8 and reflection on the published prompts, with models that
/// take no time, a private PostgreSQL server and artifacts on disk, each attempt durable before its chain goes on.
/// </summary>
internal static class LedgerBenchmark
{
    private const int Rounds = 3;

    /// <param name="chains">Chains at once.</param>
    /// <param name="parent">The data folder is made in this folder, and removed.</param>
    public static async Task<int> RunAsync(int chains, string parent)
    {
        var folder = Path.Combine(parent, $"reflectdit-benchmark-{Environment.ProcessId}");
        try
        {
            await using var session = await LedgerSession.OpenAsync(folder, null, CancellationToken.None);
            var server = (await PrivateServer.ProbeAsync(folder)).ProcessId!.Value;
            await RoundAsync(session, server, chains, round: 0); // compiles and warms up
            for (var round = 1; round <= Rounds; round++)
            {
                Console.WriteLine(await RoundAsync(session, server, chains, round));
            }

            return 0;
        }
        finally
        {
            await PrivateServer.StopAsync(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> RoundAsync(LedgerSession session, int server, int chains, int round)
    {
        var sweep = NoTimeSweep.Of(round, attempts: 8);
        await session.Sweeps.PlanAsync(sweep.Plan, CancellationToken.None);
        var progress = new RunProgress();
        var own = Environment.CpuUsage.TotalTime;
        var database = await ServerTimeAsync(session, server);
        var clock = Stopwatch.StartNew();
        await new SweepRunner(session, sweep).RunAsync(
            [.. Enumerable.Range(0, sweep.Plan.Prompts.Count)], chains, progress, CancellationToken.None);
        var seconds = clock.Elapsed.TotalSeconds;
        own = Environment.CpuUsage.TotalTime - own;
        database = await ServerTimeAsync(session, server) - database;
        return $"{progress.Attempts} attempts, {chains} chains at once: {progress.Attempts / seconds:0} attempts/s "
            + $"({1e6 * own.TotalSeconds / progress.Attempts:0} us of processor time each in the program, "
            + $"{1e6 * database.TotalSeconds / progress.Attempts:0} us in the database)";
    }

    /// <summary>Processor time of the server's processes, those that have ended and been waited for included.</summary>
    private static async Task<TimeSpan> ServerTimeAsync(LedgerSession session, int server)
    {
        await using var processes = session.Source.CreateCommand("SELECT pid FROM pg_stat_activity");
        await using var reader = await processes.ExecuteReaderAsync();
        var ticks = Ticks(server, withChildren: true);
        while (await reader.ReadAsync())
        {
            ticks += Ticks(reader.GetInt32(0), withChildren: false);
        }

        return TimeSpan.FromSeconds(ticks / 100.0);
    }

    /// <summary>User and system time in hundredths of a second: fields 14 to 17 of /proc/PID/stat.</summary>
    private static long Ticks(int process, bool withChildren)
    {
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ');
        return fields[11..(withChildren ? 15 : 13)].Sum(f => long.Parse(f, CultureInfo.InvariantCulture));
    }
}

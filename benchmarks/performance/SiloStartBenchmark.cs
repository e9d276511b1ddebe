using System.Diagnostics;
using System.Globalization;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Performance;

/// <summary>Workers that are started together, as processes: how long until all are active silos and registered.</summary>
internal static class SiloStartBenchmark
{
    private const int Rounds = 3;

    /// <param name="parent">The data folder is made in this folder, and removed.</param>
    public static async Task<int> RunAsync(int silos, string parent)
    {
        for (var round = 1; round <= Rounds; round++)
        {
            var folder = Path.Combine(parent, $"reflectdit-benchmark-{Environment.ProcessId}");
            List<Process> workers = [];
            try
            {
                await using var session = await LedgerSession.OpenAsync(folder, null, CancellationToken.None);
                var database = await PrivateServer.EnsureStartedAsync(folder);
                var clock = Stopwatch.StartNew();
                for (var silo = 0; silo < silos; silo++)
                    workers.Add(Start(folder, database));
                await UntilAsync(session, workers, "SELECT count(*) FROM reflectdit.silos WHERE status = 'Active'");
                var active = clock.Elapsed;
                await UntilAsync(session, workers, "SELECT count(*) FROM reflectdit.workers WHERE ended_at IS NULL");
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{silos} silos started together: all active after {active.TotalSeconds:0.0} s, all registered after {clock.Elapsed.TotalSeconds:0.0} s"));
            }
            finally
            {
                foreach (var worker in workers)
                {
                    worker.Kill();
                    await worker.WaitForExitAsync();
                    worker.Dispose();
                }

                await PrivateServer.StopAsync(folder);
                Directory.Delete(folder, recursive: true);
            }
        }

        return 0;
    }

    private static Process Start(string folder, string database) => Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "reflectdit.dll"), "worker", "--data", folder, "--database", database]))!;

    private static async Task UntilAsync(LedgerSession session, List<Process> workers, string count)
    {
        await using var command = session.Source.CreateCommand(count);
        while (await command.ExecuteScalarAsync() is not long found || found < workers.Count)
        {
            if (workers.Find(w => w.HasExited) is { } gone)
                throw new InvalidOperationException($"Worker process {gone.Id} has ended with exit code {gone.ExitCode}.");
            await Task.Delay(20);
        }
    }
}

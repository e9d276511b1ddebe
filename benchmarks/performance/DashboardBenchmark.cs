using System.Diagnostics;

namespace ReflectDiT.Eval.Performance;

/// <summary>How soon every page of a ledger's newest sweep begins to arrive, and how much of it there is, without images.</summary>
internal static class DashboardBenchmark
{
    private const int Looks = 9;

    /// <summary>Longer than a page is kept as it is.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(2.1);

    /// <param name="data">The data folder of a ledger with a sweep of two arms or more.</param>
    public static async Task<int> RunAsync(string data)
    {
        await using var watched = await WatchedLedger.OpenAsync(data);
        var client = watched.Client;
        foreach (var page in watched.Pages)
        {
            var first = await LookAsync(client, page);
            while ((await client.GetStringAsync(page)).Contains("data-unfinished", StringComparison.Ordinal))
            {
                await Task.Delay(100);
            }

            var looks = new List<(double Milliseconds, int Bytes)>();
            for (var i = 0; i < Looks; i++)
            {
                await Task.Delay(Stale);
                looks.Add(await LookAsync(client, page));
            }

            looks.Sort();
            Console.WriteLine($"{page}: first byte after {first.Milliseconds:0} ms at first, then {looks[Looks / 2].Milliseconds:0} ms "
                + $"({looks[0].Milliseconds:0} to {looks[^1].Milliseconds:0}); {looks[0].Bytes / 1000.0:0.0} kB");
        }

        return 0;
    }

    private static async Task<(double Milliseconds, int Bytes)> LookAsync(HttpClient client, string page)
    {
        var clock = Stopwatch.StartNew();
        using var answer = await client.GetAsync(page, HttpCompletionOption.ResponseHeadersRead);
        var took = clock.Elapsed.TotalMilliseconds;
        return (took, (await answer.Content.ReadAsByteArrayAsync()).Length);
    }
}

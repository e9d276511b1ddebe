using System.Diagnostics;
using System.Net;
using ReflectDiT.Eval.Dashboard.Hosting;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// How soon every page of a ledger's newest sweep begins to arrive, and how much of it there is, without images; how soon a
/// change is on a page that somebody looks at; and what fifty who watch while something changes all the time cost the database,
/// beside what it does without them: a sweep that another process runs in the folder.
/// </summary>
internal static class DashboardBenchmark
{
    private const int Looks = 9;
    private const int Viewers = 50;

    /// <summary>Longer than a page is kept as it is.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(2.1);

    /// <summary>Results of a large sweep are read in the background every now and then.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    /// <param name="data">The data folder of a ledger with a sweep of two arms or more.</param>
    public static async Task<int> RunAsync(string data)
    {
        await using var session = await LedgerSession.OpenExistingAsync(data, null, CancellationToken.None);
        await using var reading = await LedgerSession.OpenExistingAsync(data, null, CancellationToken.None, readOnly: true);
        var sweep = (await SweepStatus.AllAsync(session, CancellationToken.None))[^1];
        Console.WriteLine($"sweep {sweep.Name}: {sweep.Attempts} attempts");
        await using var server = await DashboardServer.StartAsync(
            reading, null, new(new(IPAddress.Loopback, 0), Path.Combine(data, "dashboard")), null, CancellationToken.None);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2 * Viewers }) { BaseAddress = new(server.Address.GetLeftPart(UriPartial.Authority)) };
        (await client.GetAsync(server.Address)).EnsureSuccessStatusCode();
        var root = $"/sweeps/{sweep.Id.ToString()[..8]}";
        string[] pages =
        [
            "/", root, $"{root}?axis=device-seconds", $"{root}/prompts", $"{root}/prompts?show=flipped&sort=difficulty&page=2",
            $"{root}/arms/1/prompts/7", $"{root}/compare", $"{root}/compare?n=4&show=all", "/workers",
        ];
        foreach (var page in pages)
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

        await FreshAsync(session, client, sweep.Id);
        await WatchAsync(session, client, pages);
        return 0;
    }

    /// <summary>From a commit to a page that has it, fetched when its browser is told: what the judge said is changed, and put back.</summary>
    private static async Task FreshAsync(LedgerSession session, HttpClient client, Guid sweep)
    {
        await using var find = session.Source.CreateCommand("""
            SELECT a.judgement_id, c.arm, c.prompt, j.text FROM reflectdit.attempts a JOIN reflectdit.chains c ON c.id = a.chain_id
            JOIN reflectdit.judgements j ON j.id = a.judgement_id WHERE c.sweep_id = $1 AND c.replicate = 0 LIMIT 1
            """);
        find.Parameters.Add(new() { Value = sweep });
        await using var reader = await find.ExecuteReaderAsync();
        await reader.ReadAsync();
        var (judgement, page, text) = (reader.GetGuid(0), $"/sweeps/{sweep.ToString()[..8]}/arms/{reader.GetInt32(1)}/prompts/{reader.GetInt32(2)}", reader.GetString(3));
        await reader.CloseAsync();
        using var signals = new StreamReader(await client.GetStreamAsync("/changes"));
        var took = new List<double>();
        for (var i = 0; i < 2 * Looks; i++)
        {
            await Task.Delay(Stale);
            var words = $"words number {i}";
            await SayAsync(words);
            var clock = Stopwatch.StartNew();
            session.Changes.Touch();
            do
            {
                while ((await signals.ReadLineAsync())?.StartsWith("data:", StringComparison.Ordinal) != true)
                {
                    // Empty lines, and those that keep the stream open.
                }
            }
            while (!(await client.GetStringAsync(page)).Contains(words, StringComparison.Ordinal));
            took.Add(clock.Elapsed.TotalMilliseconds);
        }

        await SayAsync(text);
        session.Changes.Touch();
        took.Sort();
        Console.WriteLine($"{page}: a change is on the page after {took[Looks]:0} ms ({took[0]:0} to {took[^1]:0})");

        async Task SayAsync(string words)
        {
            await using var say = session.Source.CreateCommand("UPDATE reflectdit.judgements SET text = $2 WHERE id = $1");
            say.Parameters.Add(new() { Value = judgement });
            say.Parameters.Add(new() { Value = words });
            await say.ExecuteNonQueryAsync();
        }
    }

    private static async Task<(double Milliseconds, int Bytes)> LookAsync(HttpClient client, string page)
    {
        var clock = Stopwatch.StartNew();
        using var answer = await client.GetAsync(page, HttpCompletionOption.ResponseHeadersRead);
        var took = clock.Elapsed.TotalMilliseconds;
        return (took, (await answer.Content.ReadAsByteArrayAsync()).Length);
    }

    /// <summary>Each viewer looks again when it is told of a change, as the pages' script does.</summary>
    private static async Task WatchAsync(LedgerSession session, HttpClient client, string[] pages)
    {
        await Task.Delay(Stale);
        var looks = 0;
        var begun = await ActiveAsync(session);
        await Task.Delay(Watched);
        var before = await ActiveAsync(session);
        using var end = new CancellationTokenSource(Watched);
        var changes = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                session.Changes.Touch();
                await Task.Delay(50);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Viewers).Select(async viewer =>
        {
            try
            {
                await using var signals = await client.GetStreamAsync("/changes", end.Token);
                using var reader = new StreamReader(signals);
                while (await reader.ReadLineAsync(end.Token) is { } line)
                {
                    if (line.StartsWith("data:", StringComparison.Ordinal))
                    {
                        await client.GetByteArrayAsync(pages[viewer % pages.Length], end.Token);
                        Interlocked.Increment(ref looks);
                        await Task.Delay(600, end.Token);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Seen enough.
            }
        }));
        await changes;
        await Task.Delay(Stale); // statistics of sessions come late
        var (active, alone) = (await ActiveAsync(session) - before, before - begun);
        Console.WriteLine($"{Viewers} viewers of {pages.Length} pages, a change every {ChangeSignal.Pause.TotalMilliseconds:0} ms: {looks / Watched.TotalSeconds:0} looks/s, each after {Viewers * Watched.TotalSeconds / looks:0.0} s, "
            + $"{active / Watched.TotalMilliseconds:0.0%} of one session of the database at work, {alone / Watched.TotalMilliseconds:0.0%} while nobody looks");
    }

    private static async Task<double> ActiveAsync(LedgerSession session)
    {
        await using var read = session.Source.CreateCommand("SELECT active_time FROM pg_stat_database WHERE datname = current_database()");
        return (double)(await read.ExecuteScalarAsync())!;
    }
}

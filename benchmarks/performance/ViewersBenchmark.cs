using System.Diagnostics;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// How soon a change is on a page that somebody looks at, and what fifty who watch while something changes all the time cost the
/// database, beside what it does without them: a sweep that another process runs in the folder, if there is one.
/// </summary>
internal static class ViewersBenchmark
{
    private const int Changes = 18;
    private const int Viewers = 50;

    /// <summary>Between two looks of a browser, at least.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(600);

    /// <summary>Results of a large sweep are read in the background every now and then.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    /// <param name="data">The data folder of a ledger with a sweep of two arms or more, and some chains that are done.</param>
    public static async Task<int> RunAsync(string data)
    {
        await using var watched = await WatchedLedger.OpenAsync(data);
        await FreshAsync(watched);
        await WatchAsync(watched);
        return 0;
    }

    /// <summary>From the commit of a score to a page that has it, fetched when its browser is told.</summary>
    private static async Task FreshAsync(WatchedLedger ledger)
    {
        using var signals = new StreamReader(await ledger.Client.GetStreamAsync("/changes"));
        var took = new List<double>();
        foreach (var (drawing, page) in await ScoredAsync(ledger))
        {
            // Taken away for a while: nobody has looked at the chain yet, and knows that it has one.
            var scores = await AskAsync<string>(
                ledger, "WITH taken AS (DELETE FROM reflectdit.scores WHERE drawing_id = $1 RETURNING *) SELECT json_agg(taken)::text FROM taken", drawing);
            try
            {
                ledger.Session.Changes.Touch();
                while (!await IsUnscoredAsync(page))
                {
                    await ToldAsync();
                }

                await Task.Delay(Shortest);
            }
            finally
            {
                await AskAsync<object>(
                    ledger, "INSERT INTO reflectdit.scores SELECT * FROM json_populate_recordset(NULL::reflectdit.scores, $1::json) RETURNING 1", scores);
            }

            var clock = Stopwatch.StartNew();
            ledger.Session.Changes.Touch();
            do
            {
                await ToldAsync();
            }
            while (await IsUnscoredAsync(page));
            took.Add(clock.Elapsed.TotalMilliseconds);
        }

        took.Sort();
        Console.WriteLine($"a score is on the page of its chain after {took[took.Count / 2]:0} ms ({took[0]:0} to {took[^1]:0})");

        async Task<bool> IsUnscoredAsync(string page) => (await ledger.Client.GetStringAsync(page)).Contains("no score yet", StringComparison.Ordinal);

        async Task ToldAsync()
        {
            while ((await signals.ReadLineAsync())?.StartsWith("data:", StringComparison.Ordinal) != true)
            {
                // Empty lines, and those that keep the stream open.
            }
        }
    }

    /// <summary>The only drawings of some chains, each with its chain's page.</summary>
    private static async Task<IReadOnlyList<(Guid Drawing, string Page)>> ScoredAsync(WatchedLedger ledger)
    {
        await using var find = ledger.Session.Source.CreateCommand("""
            SELECT (array_agg(a.drawing_id))[1], c.arm, c.prompt FROM reflectdit.chains c JOIN reflectdit.attempts a ON a.chain_id = c.id
            JOIN reflectdit.attempt_scores s ON s.chain_id = c.id WHERE c.sweep_id = $1 AND c.replicate = 0 AND c.state = 'done'
            GROUP BY c.id HAVING count(*) = 1 ORDER BY c.prompt DESC LIMIT $2
            """);
        find.Parameters.Add(new() { Value = ledger.Sweep.Id });
        find.Parameters.Add(new() { Value = Changes });
        await using var reader = await find.ExecuteReaderAsync();
        var found = new List<(Guid, string)>();
        while (await reader.ReadAsync())
        {
            found.Add((reader.GetGuid(0), $"{ledger.Root}/arms/{reader.GetInt32(1)}/prompts/{reader.GetInt32(2)}"));
        }

        return found;
    }

    private static async Task<T> AskAsync<T>(WatchedLedger ledger, string sql, params object[] values)
    {
        await using var ask = ledger.Session.Source.CreateCommand(sql);
        foreach (var value in values)
        {
            ask.Parameters.Add(new() { Value = value });
        }

        return (T)(await ask.ExecuteScalarAsync())!;
    }

    /// <summary>Each viewer looks again when it is told of a change, as the pages' script does.</summary>
    private static async Task WatchAsync(WatchedLedger ledger)
    {
        var before = await StateAsync();
        await Task.Delay(Watched / 2);
        var begun = await StateAsync();
        Say("nobody looks", before, begun);
        var looks = 0;
        using var end = new CancellationTokenSource(Watched);
        var changes = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                ledger.Session.Changes.Touch();
                await Task.Delay(50);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Viewers).Select(async viewer =>
        {
            try
            {
                await using var signals = await ledger.Client.GetStreamAsync("/changes", end.Token);
                using var reader = new StreamReader(signals);
                while (await reader.ReadLineAsync(end.Token) is { } line)
                {
                    if (line.StartsWith("data:", StringComparison.Ordinal))
                    {
                        using var page = await ledger.Client.GetAsync(ledger.Pages[viewer % ledger.Pages.Count], end.Token);
                        if (!page.IsSuccessStatusCode)
                        {
                            Console.WriteLine($"{page.RequestMessage!.RequestUri}: {page.StatusCode}: {await page.Content.ReadAsStringAsync(end.Token)}");
                        }

                        Interlocked.Increment(ref looks);
                        await Task.Delay(Shortest, end.Token);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Seen enough.
            }
        }));
        await changes;
        var ended = await StateAsync();
        Say($"{Viewers} viewers of {ledger.Pages.Count} pages, each looks after {Viewers * Watched.TotalSeconds / looks:0.0} s", begun, ended);
        await Task.Delay(Watched / 2);
        Say("nobody looks", ended, await StateAsync());

        async Task<(TimeSpan At, double Active, long Attempts, ServerWork Work)> StateAsync()
        {
            var active = await AskAsync<double>(ledger, "SELECT active_time FROM pg_stat_database WHERE datname = current_database()");
            var attempts = await AskAsync<long>(ledger, "SELECT count(*) FROM reflectdit.attempts");
            return (TimeSpan.FromSeconds(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency), active / 1000, attempts, await ServerWork.ReadAsync(ledger.Session.Source));
        }

        static void Say(string what, (TimeSpan At, double Active, long Attempts, ServerWork Work) from, (TimeSpan At, double Active, long Attempts, ServerWork Work) to)
        {
            var seconds = (to.At - from.At).TotalSeconds;
            var (reading, all) = to.Work.Since(from.Work);
            Console.WriteLine($"{what}, {(to.Attempts - from.Attempts) / seconds:0} attempts/s: the dashboard's sessions take {reading / seconds:0.0%} of a core, "
                + $"{reading / all:0.0%} of what the server takes, which is {all / seconds:0.0%} of a core; sessions are at work for {(to.Active - from.Active) / seconds:0.0%} of the time");
        }
    }
}

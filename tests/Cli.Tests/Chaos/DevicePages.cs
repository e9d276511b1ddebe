using System.Diagnostics;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>What a worker shows of its models, from its start on: its page of metrics, read again and again.</summary>
internal sealed class DevicePages
{
    /// <summary>A page is shown again for 0.3 s: whoever asks later is told of this moment.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(400);

    /// <summary>By so much a delay of the runtime may be too short.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>A batch is over later than it should be: its answers are worked out, on cores that have more to do.</summary>
    private const double MostOfLongBatches = 1.25;

    private static readonly TimeSpan LongBatch = TimeSpan.FromSeconds(1);
    private static readonly HttpClient Http = new();
    private static readonly (string Role, string Stage)[] Roles = [("generator", "draw"), ("judge", "judge"), ("detector", "score")];

    private readonly RunningCli _worker;
    private readonly Uri _address;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Page> _pages = [];
    private readonly Task _reading;
    private volatile bool _enough;

    public DevicePages(RunningCli worker, int port)
    {
        _worker = worker;
        _address = new($"http://127.0.0.1:{port}/metrics");
        _reading = ReadAsync();
    }

    /// <summary>Of each role, in words.</summary>
    public string Seen { get; private set; } = "";

    /// <summary>
    /// Reads the last pages, when no batch is at work any more, and holds all to what must be true whatever the timing.
    /// </summary>
    /// <param name="batch">How long each batch takes at least.</param>
    /// <returns>How many models were loaded.</returns>
    public async Task<int> EndAsync(TimeSpan batch)
    {
        _enough = true;
        await _reading;
        await AskAsync(); // all that was loaded has been used, so that the last page but one counts it too
        await Task.Delay(Apart);
        await AskAsync();
        var loads = 0;
        List<string> seen = [];
        foreach (var (role, stage) in Roles)
        {
            var models = (int)_pages[^1].Of("model_loads_total", $"role=\"{role}\"", "outcome=\"ok\"");
            loads += models;
            Assert.All(_pages.Zip(_pages.Skip(1)), pair => AssertGrows(role, models, batch, pair.First, pair.Second));
            seen.Add($"{role}: " + (models == 0 ? "not loaded" : AssertSeconds(role, stage, models, batch)));
        }

        Seen = string.Join("; ", seen);
        return loads;
    }

    private static void AssertGrows(string role, int models, TimeSpan batch, Page page, Page next)
    {
        Assert.True(next.Busy(role) >= page.Busy(role) && next.Idle(role) >= page.Idle(role), $"the {role}'s seconds go back");
        // Loading is neither: the model of a page was not there yet if the next page does not count it either.
        if (next.Loads(role) == 0)
            Assert.Equal((0, 0), (page.Busy(role), page.Idle(role)));
        // All batches that had begun by then are over, but for one of each model: none of their seconds can be idle.
        Assert.InRange(next.Busy(role), Math.Max(0, page.Batches(role) - models) * (batch - Tick).TotalSeconds, double.MaxValue);
    }

    private string AssertSeconds(string role, string stage, int models, TimeSpan batch)
    {
        var last = _pages[^1];
        var (busy, idle, batches) = (last.Busy(role), last.Idle(role), last.Batches(role));
        Assert.InRange(busy, batches * (batch - Tick).TotalSeconds, double.MaxValue);
        // Somebody waits for every batch.
        Assert.InRange(busy, 0, last.Of("stage_duration_seconds_sum", $"stage=\"{stage}\""));
        var ratio = busy / (batches * batch.TotalSeconds);
        if (batch >= LongBatch && batches > 0)
            Assert.InRange(ratio, 0, MostOfLongBatches);

        // A loaded model is busy or idle. A model is counted just before its seconds begin.
        var before = _pages.FindLast(p => p.Loads(role) == 0)?.Asked ?? TimeSpan.Zero;
        var loaded = _pages.FindIndex(p => (int)p.Loads(role) == models);
        var (shortest, longest) = (last.Asked - _pages[loaded + 1].Answered, last.Answered - before);
        Assert.InRange(busy + idle, models * shortest.TotalSeconds, models * longest.TotalSeconds);
        return $"{models} loaded, {batches:0} batches, busy {busy:0.00} s ({ratio:0.000} of what they take at least), "
            + $"idle {idle:0.00} s, both {busy + idle:0.00} of {models * shortest.TotalSeconds:0.00} to {models * longest.TotalSeconds:0.00} s";
    }

    private async Task ReadAsync()
    {
        while (!_enough && !_worker.IsDisposed && !_worker.HasEnded)
        {
            try
            {
                await AskAsync();
            }
            catch (HttpRequestException)
            {
                // It does not listen yet, or has been killed.
            }

            await Task.Delay(Apart);
        }
    }

    private async Task AskAsync()
    {
        var asked = _clock.Elapsed;
        var text = await Http.GetStringAsync(_address);
        _pages.Add(new(asked, _clock.Elapsed, text));
    }

    /// <param name="Asked">When, and when it had been <paramref name="Answered"/>: all that it tells is of the time between.</param>
    private sealed record Page(TimeSpan Asked, TimeSpan Answered, string Text)
    {
        public double Busy(string role) => Of("model_busy_seconds_total", $"role=\"{role}\"");

        public double Idle(string role) => Of("model_idle_seconds_total", $"role=\"{role}\"");

        public double Loads(string role) => Of("model_loads_total", $"role=\"{role}\"", "outcome=\"ok\"");

        /// <summary>That have begun.</summary>
        public double Batches(string role) => Of("model_batch_size_count", $"role=\"{role}\"");

        /// <returns>0 for a series that has not begun.</returns>
        public double Of(string name, params string[] labels) => Text.Split('\n')
            .Where(line => line.StartsWith($"reflectdit_{name}{{", StringComparison.Ordinal))
            .Where(line => labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..])).SingleOrDefault();
    }
}

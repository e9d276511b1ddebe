using System.Diagnostics;
using System.Diagnostics.Metrics;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner.Telemetry;

/// <summary>
/// What this process has counted and timed, as docs/operations.md lists it. No tag holds a prompt, seed, chain, sweep or
/// arm: the number of series does not grow with the work.
/// </summary>
public static class WorkerMetrics
{
    /// <summary>The name of the meter, and of the source of spans.</summary>
    public const string Name = "ReflectDiT.Eval";

    /// <summary>Seconds: from simulated models, which take milliseconds, to the longest call that is waited for.</summary>
    private static readonly double[] Buckets = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Tries = Meter.CreateCounter<long>(
        "reflectdit.tries", description: "Tries of the stages of attempts: ok, retried (failed, and tried again), failed (for good).");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "reflectdit.stage.duration", "s", "How long a stage of an attempt took, with queues and tries that failed.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets });

    private static readonly Counter<long> Images = Meter.CreateCounter<long>(
        "reflectdit.images.drawn", description: "Images that generators have drawn.");

    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>(
        "reflectdit.judge.tokens", description: "Tokens in and out of judges.");

    private static readonly Counter<long> Unparsable = Meter.CreateCounter<long>(
        "reflectdit.verdicts.unparsable", description: "Answers of judges that no verdict could be read from.");

    private static readonly Counter<long> Chains = Meter.CreateCounter<long>(
        "reflectdit.chains.ended", description: "Chains that this worker has ended: done or failed.");

    private static readonly Counter<long> Lost = Meter.CreateCounter<long>(
        "reflectdit.leases.lost", description: "Leases that ran out, or that others took, while their chain was at work.");

    private static readonly Counter<long> Fenced = Meter.CreateCounter<long>(
        "reflectdit.writes.fenced", description: "Writes that the ledger refused: their lease was lost.");

    private static readonly string[] Stages = [.. Enum.GetValues<Stage>().Select(NameOf)];

    /// <summary>Lets each series begin with 0, or the first event of a process would be no change that a rate can see.</summary>
    public static void Begin()
    {
        foreach (var stage in Stages)
        {
            foreach (var outcome in new[] { "ok", "retried", "failed" })
            {
                Tries.Add(0, Tag("stage", stage), Tag("outcome", outcome));
            }
        }

        foreach (var outcome in new[] { "done", "failed" })
        {
            Chains.Add(0, Tag("outcome", outcome));
        }

        HostMetrics.Begin();
        foreach (var counter in new[] { Images, Tokens, Unparsable, Lost, Fenced })
        {
            counter.Add(0);
        }
    }

    /// <inheritdoc cref="MeasureAsync{T}"/>
    public static Task MeasureAsync(Stage stage, int attempt, Func<Task> work) => MeasureAsync(stage, attempt, async () =>
    {
        await work();
        return true;
    });

    /// <summary>Does the work of a stage in a span of its chain's trace, and records how long it took and how it ended.</summary>
    /// <param name="chain">See <see cref="ChainTrace.Begin(Stage, int, Guid?)"/>.</param>
    public static async Task<T> MeasureAsync<T>(Stage stage, int attempt, Func<Task<T>> work, Guid? chain = null)
    {
        using var span = ChainTrace.Begin(stage, attempt, chain);
        var since = Stopwatch.GetTimestamp();
        try
        {
            var answer = await work();
            Tried(stage, "ok");
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            Tried(stage, "failed");
            throw;
        }
        finally
        {
            Duration.Record(Stopwatch.GetElapsedTime(since).TotalSeconds, Tag("stage", Stages[(int)stage]));
        }
    }

    public static void Retried(Stage stage) => Tried(stage, "retried");

    public static void Drew() => Images.Add(1);

    public static void Judged(int tokens) => Tokens.Add(tokens);

    public static void NotParsed() => Unparsable.Add(1);

    public static void ChainEnded(bool failed) => Chains.Add(1, Tag("outcome", failed ? "failed" : "done"));

    public static void LeaseLost(int leases = 1) => Lost.Add(leases);

    public static void WriteFenced() => Fenced.Add(1);

    public static string NameOf(Stage stage) => stage.ToString().ToLowerInvariant();

    private static void Tried(Stage stage, string outcome) =>
        Tries.Add(1, Tag("stage", Stages[(int)stage]), Tag("outcome", outcome));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}

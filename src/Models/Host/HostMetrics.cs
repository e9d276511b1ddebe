using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ReflectDiT.Eval.Models.Endpoints;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>What the models of this process are busy with, by role (generator, judge, detector, answerer): docs/operations.md lists it.</summary>
public static class HostMetrics
{
    /// <summary>That of all meters of the program.</summary>
    private static readonly Meter Meter = new("ReflectDiT.Eval");

    private static readonly Histogram<int> Sizes = Meter.CreateHistogram(
        "reflectdit.model.batch.size", description: "Requests that a model served at once.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });

    private static readonly Histogram<double> Waits = Meter.CreateHistogram(
        "reflectdit.model.batch.wait", "s", "How long the first request of a batch waited for it to begin.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600] });

    private static readonly Counter<long> Loads = Meter.CreateCounter<long>(
        "reflectdit.model.loads", description: "Models that were loaded: ok, failed.");

    private static readonly Histogram<double> LoadTimes = Meter.CreateHistogram(
        "reflectdit.model.load.duration", "s", "How long it took to load a model.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 5, 10, 30, 60, 120, 300, 600] });

    private static readonly Counter<long> Unloads = Meter.CreateCounter<long>(
        "reflectdit.model.unloads", description: "Models that made room for others, or were let go at the end.");

    private static readonly UpDownCounter<long> Memory = Meter.CreateUpDownCounter<long>(
        "reflectdit.model.memory", "By", "What loaded models take of their devices, as their placements say it.");

    private static readonly ConcurrentDictionary<string, DeviceSeconds> Seconds = new();

    static HostMetrics()
    {
        Meter.CreateObservableCounter(
            "reflectdit.model.busy", () => Read(s => s.Busy), "s", "Seconds in which a model had a batch at work, up to now.");
        Meter.CreateObservableCounter(
            "reflectdit.model.idle", () => Read(s => s.Idle), "s", "Seconds in which a loaded model did nothing, up to now.");
    }

    /// <summary>Lets each series begin with 0, or the first event of a process would be no change that a rate can see.</summary>
    public static void Begin()
    {
        foreach (var role in new[] { "generator", "judge", "detector", "answerer" })
        {
            SecondsOf(role);
            Loads.Add(0, Role(role), new("outcome", "ok"));
            Loads.Add(0, Role(role), new("outcome", "failed"));
            Unloads.Add(0, Role(role));
            Memory.Add(0, Role(role));
        }

        EndpointMetrics.Begin();
    }

    internal static void Batch(string role, int size, TimeSpan waited)
    {
        Sizes.Record(size, Role(role));
        Waits.Record(waited.TotalSeconds, Role(role));
    }

    internal static void Loaded(string role, TimeSpan took, long bytes)
    {
        Loads.Add(1, Role(role), new("outcome", "ok"));
        LoadTimes.Record(took.TotalSeconds, Role(role));
        Memory.Add(bytes, Role(role));
    }

    internal static void LoadFailed(string role) => Loads.Add(1, Role(role), new("outcome", "failed"));

    internal static void Unloaded(string role, long bytes)
    {
        Unloads.Add(1, Role(role));
        Memory.Add(-bytes, Role(role));
    }

    internal static DeviceSeconds SecondsOf(string role) => Seconds.GetOrAdd(role, _ => new());

    private static IEnumerable<Measurement<double>> Read(Func<(double Busy, double Idle), double> which) =>
        Seconds.Select(s => new Measurement<double>(which(s.Value.Read()), Role(s.Key)));

    private static KeyValuePair<string, object?> Role(string role) => new("role", role);
}

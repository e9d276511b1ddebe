using System.Diagnostics.Metrics;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner.Telemetry;

/// <summary>Where a worker stands, for whoever reads this process's metrics until it is disposed.</summary>
public sealed class WorkerGauges : IDisposable
{
    private readonly Meter _meter = new(WorkerMetrics.Name);

    public WorkerGauges(RunProgress progress)
    {
        Gauge("reflectdit.chains.open", "Chains that wait or are worked on, by anybody, among those that this worker may take.",
            () => progress.Waiting.Open);
        Gauge("reflectdit.chains.claimable", "Of these, chains that wait for a worker.", () => progress.Waiting.Claimable);
        _meter.CreateObservableGauge("reflectdit.chains.oldest_claimable.age", () => progress.Waiting.Oldest.TotalSeconds, "s",
            "How long the oldest chain that this worker could take has waited; 0 when none waits.");
        Gauge("reflectdit.leases.held", "Chains that this worker works on.", () => progress.Running);
        Gauge("reflectdit.writes.waiting", "Attempts of this worker that are not durable yet.", () => progress.Writing);
        Gauge("reflectdit.scorings.open", "Drawings that wait for a score, or are being scored, by anybody, among those that this worker may score.",
            () => progress.Unscored.Open);
        Gauge("reflectdit.scorings.held", "Drawings that this worker scores.", () => progress.Scoring);
        Gauge("reflectdit.sweeps.parked", "Sweeps, and arms and scorers of others, that this worker cannot work on, and leaves.", () => progress.Parked.Count);
        Gauge("reflectdit.database.up", "1 when the database answered this worker's last question, else 0.",
            () => progress.Pulse.Now is WorkerPulse.Phase.Working or WorkerPulse.Phase.Draining ? 1 : 0);
        _meter.CreateObservableGauge("reflectdit.build.info",
            () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", WorkerReport.Build)),
            description: "1; the version of the program.");
    }

    public void Dispose() => _meter.Dispose();

    private void Gauge(string name, string description, Func<int> value) =>
        _meter.CreateObservableGauge(name, value, description: description);
}

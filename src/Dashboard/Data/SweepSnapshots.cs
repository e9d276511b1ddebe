using System.Collections.Concurrent;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>
/// The newest results of sweeps that were looked at. A sweep is read again when chains have ended or scores have come in
/// since, in the background: a page shows what there is, and is told when there is more.
/// </summary>
public sealed class SweepSnapshots(LedgerSession session, Prices? prices)
{
    private readonly ConcurrentDictionary<(Guid, string?), Background<SweepSnapshot>> _sweeps = [];

    /// <param name="patience">How long the first may take.</param>
    /// <returns>Null when it took longer.</returns>
    public Task<SweepSnapshot?> GetAsync(SweepFacts sweep, TimeSpan patience)
    {
        var (row, scorer) = (sweep.Row, sweep.Scorer?.Name);
        return _sweeps.GetOrAdd((row.Id, scorer), _ => new(async (before, version) =>
        {
            var results = await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, CancellationToken.None, scorer);
            var now = new SweepSnapshot(results, prices, version);
            await now.ComputeAsync(before);
            return now;
        }, mostShare: 0.01)).GetAsync(sweep.Version, patience, isLast: !sweep.IsOpen);
    }
}

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
    /// <exception cref="SweepNotFoundException">The sweep has no scorer of this name.</exception>
    public async Task<SweepSnapshot?> GetAsync(SweepRow sweep, string? scorer, TimeSpan patience, CancellationToken cancellation)
    {
        var version = await VersionAsync(sweep.Id, cancellation);
        var snapshot = _sweeps.GetOrAdd((sweep.Id, scorer), _ => new(async before =>
        {
            var results = await SweepResultsQuery.LoadAsync(session, sweep, BenchmarkCatalog.Open, CancellationToken.None, scorer);
            var now = new SweepSnapshot(results, prices);
            await now.ComputeAsync(before);
            return now;
        }));
        return await snapshot.GetAsync(version, patience);
    }

    /// <summary>Other whenever results may be: chains that have ended, and scores that are missing.</summary>
    private async Task<string> VersionAsync(Guid sweep, CancellationToken cancellation)
    {
        await using var read = session.Source.CreateCommand("""
            SELECT concat_ws(' ',
                (SELECT count(*) FILTER (WHERE state = 'done') || ' ' || count(*) FILTER (WHERE state = 'failed')
                    FROM reflectdit.chains WHERE sweep_id = $1),
                (SELECT count(*) FROM reflectdit.scorings WHERE sweep_id = $1),
                (SELECT count(*) FROM reflectdit.sweep_scorers WHERE sweep_id = $1))
            """);
        read.Parameters.Add(new() { Value = sweep });
        return (string)(await read.ExecuteScalarAsync(cancellation))!;
    }
}

using System.Collections.Concurrent;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>
/// What is known of sweeps, for all pages and all who look: chains are counted anew when something has changed since, and
/// while some are open after a while in any case, as that a chain is taken is told to nobody.
/// </summary>
/// <param name="version">Another after every change of the ledger.</param>
public sealed class SweepFactsCache(LedgerSession session, Func<long> version, TimeProvider clock)
{
    private const int MostSweeps = 512;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(string Sweep, string? Scorer), Entry> _sweeps = [];
    private readonly ConcurrentDictionary<Guid, SweepDesign> _designs = [];

    private sealed record Entry(long Version, DateTimeOffset At, Lazy<Task<SweepFacts>> Facts);

    /// <param name="sweep">The sweep's name, or how its id begins.</param>
    /// <param name="scorer">Whose scores are shown; null for the sweep's own.</param>
    /// <exception cref="SweepNotFoundException">There is no such sweep, or it has no scorer of this name.</exception>
    public Task<SweepFacts> GetAsync(string sweep, string? scorer)
    {
        var (now, at) = (version(), clock.GetUtcNow());
        if (_sweeps.Count > MostSweeps)
        {
            _sweeps.Clear();
            _designs.Clear();
        }

        return _sweeps.AddOrUpdate(
            (sweep, scorer),
            _ => Fresh(),
            (_, old) => old.Version == now && !IsOld(old) ? old : Fresh()).Facts.Value;

        Entry Fresh() => new(now, at, new(() => LoadAsync(sweep, scorer)));

        bool IsOld(Entry entry) => entry.Facts is { IsValueCreated: true, Value: { IsCompleted: true } facts }
            && (!facts.IsCompletedSuccessfully || (facts.Result.IsOpen && at - entry.At > Longest));
    }

    private async Task<SweepFacts> LoadAsync(string sweep, string? scorer)
    {
        var row = await session.Sweeps.FindAsync(sweep, CancellationToken.None);
        if (!_designs.TryGetValue(row.Id, out var design))
        {
            _designs[row.Id] = design = await SweepDesign.LoadAsync(session, row, CancellationToken.None);
        }

        return await SweepFacts.LoadAsync(session, row, design, scorer, CancellationToken.None);
    }
}

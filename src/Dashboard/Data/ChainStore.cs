using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>An attempt as a page shows it.</summary>
/// <param name="Image">SHA-256 in hexadecimal digits; null where a run elsewhere kept no image.</param>
/// <param name="Score">Null while there is none.</param>
public sealed record ShownAttempt(AttemptRow Row, string? Image, ScoreRow? Score);

/// <summary>A chain with its attempts in order, whether it has ended or not.</summary>
public sealed record ShownChain(ChainRow Row, IReadOnlyList<ShownAttempt> Attempts);

/// <summary>
/// A few chains by key: as fast in a large sweep as in a small one. One that is done and scored is read once, as no row of it
/// changes any more.
/// </summary>
public sealed class ChainStore(LedgerSession session)
{
    private const int MostKept = 4096;

    private readonly ConcurrentDictionary<(Guid Chain, Guid? Scorer), ShownChain> _kept = [];

    /// <param name="places">Of the chains: arm, prompt, replicate; those that are not there are left out.</param>
    /// <param name="scorer">Whose scores; null for none.</param>
    public async Task<IReadOnlyList<ShownChain>> ReadAsync(
        Guid sweep, IEnumerable<(int Arm, int Prompt, int Replicate)> places, Guid? scorer, CancellationToken cancellation)
    {
        // A chain's id is a hash of its place: no index is needed to find it, nor a plan that may go wrong.
        var ids = places.Select(p => Identity.OfChain(sweep, p.Arm, p.Prompt, p.Replicate)).ToList();
        var chains = ids.Select(id => _kept.GetValueOrDefault((id, scorer))).OfType<ShownChain>().ToDictionary(c => c.Row.Id);
        Guid[] others = [.. ids.Where(id => !chains.ContainsKey(id))];
        if (_kept.Count > MostKept)
        {
            _kept.Clear();
        }

        foreach (var chain in others.Length > 0 ? await ReadAsync(others, scorer, cancellation) : [])
        {
            chains[chain.Row.Id] = chain;
            if (IsFinal(chain, scorer))
            {
                _kept[(chain.Row.Id, scorer)] = chain;
            }
        }

        return [.. chains.Values.OrderBy(c => (c.Row.Prompt, c.Row.Arm, c.Row.Replicate))];
    }

    private async Task<IEnumerable<ShownChain>> ReadAsync(Guid[] ids, Guid? scorer, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        var chains = await ledger.Chains.Where(c => ids.Contains(c.Id)).ToListAsync(cancellation);
        var attempts = (await ledger.Attempts.Where(a => ids.Contains(a.ChainId)).ToListAsync(cancellation)).ToLookup(a => a.ChainId);
        var scores = scorer is null ? [] : await ledger.Scores
            .Where(s => ids.Contains(s.ChainId) && s.ScorerId == scorer)
            .ToDictionaryAsync(s => (s.ChainId, s.Attempt), cancellation);
        return chains.Select(c => new ShownChain(
            c,
            [
                .. attempts[c.Id].OrderBy(a => a.Index).Select(a => new ShownAttempt(
                    a, a.Image is { } image ? Convert.ToHexStringLower(image) : null, scores.GetValueOrDefault((c.Id, a.Index)))),
            ]));
    }

    /// <summary>Scores may still come to what has none, and images to what was imported without.</summary>
    private static bool IsFinal(ShownChain chain, Guid? scorer) => chain.Row.State == ChainState.Done
        && chain.Attempts.All(a => a.Image is not null && (scorer is null || a.Score is not null));
}

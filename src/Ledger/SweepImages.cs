using Microsoft.EntityFrameworkCore;

namespace ReflectDiT.Eval.Ledger;

/// <summary>What the images of a sweep take on disk.</summary>
public static class SweepImages
{
    /// <summary>Bytes of the different images of each prompt that has a finished chain, by its index.</summary>
    public static async Task<IReadOnlyDictionary<int, long>> BytesAsync(
        LedgerSession session, Guid sweep, CancellationToken cancellation)
    {
        await using var ledger = new LedgerContext(session.Source);
        var images = await (
            from chain in ledger.Chains
            where chain.SweepId == sweep && chain.State == ChainState.Done
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            where attempt.Image != null
            select new { chain.Prompt, attempt.Image }).ToListAsync(cancellation);
        return images
            .Select(i => (i.Prompt, Path: session.Artifacts.PathOf(i.Image)))
            .Distinct()
            .GroupBy(i => i.Prompt, i => new FileInfo(i.Path).Length)
            .ToDictionary(g => g.Key, g => g.Sum());
    }
}

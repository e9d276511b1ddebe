using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Views;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Reads a chain with all that went into its attempts.</summary>
internal sealed class ChainLoader(LedgerSession session, SweepFactsCache sweeps, ChainStore store)
{
    private static readonly (string, string)[] Keys =
    [
        ("j k", "next and previous prompt"), ("Left Right", "previous and next attempt"), ("b", "boxes and masks on and off"),
        ("c", "compare the arms on this prompt"),
    ];

    public async Task<PageContent> LoadAsync(PageAddress.Chain address, CancellationToken cancellation)
    {
        var facts = await sweeps.GetAsync(address.Id, address.Scorer);
        await using var ledger = new LedgerContext(session.Source);
        var prompt = facts.Design.Prompts.ElementAtOrDefault(address.Prompt);
        var chains = await store.ReadAsync(
            facts.Row.Id, [(address.Arm, address.Prompt, address.Replicate)], facts.Scorer?.Id, cancellation);
        if (prompt is null || chains is not [var chain])
        {
            throw new SweepNotFoundException(
                $"Sweep {facts.Row.Name} has no chain of arm {address.Arm}, prompt {address.Prompt}, replicate {address.Replicate}.");
        }

        var context = (await ledger.ContextItems.Where(c => c.ChainId == chain.Row.Id).OrderBy(c => c.Position).ToListAsync(cancellation))
            .ToLookup(c => c.Attempt);
        var model = new ChainModel(
            facts,
            address,
            prompt,
            chain,
            context,
            facts.Scorer is { } scorer
                ? BenchmarkCatalog.Open(facts.Configuration.Benchmark).Scorer(ScorerConfiguration.FromJson(scorer.Configuration))
                : null,
            facts.Design.Prompts.Count,
            facts.Row.Replicates,
            Sizes(chain),
            await WordsAsync(ledger, facts, chain, context, cancellation));
        return new(
            $"{VisibleText.Short(prompt.Prompt)} - {facts.Arms[address.Arm].Name}", typeof(ChainView), model, address, facts, Keys);
    }

    /// <summary>Of the images with boxes over them.</summary>
    private Dictionary<string, (int, int)> Sizes(ShownChain chain)
    {
        var sizes = new Dictionary<string, (int, int)>();
        foreach (var (row, image, _) in chain.Attempts.Where(a => a.Image is not null && a.Score?.Evidence is not null))
        {
            if (ImageReader.SizeOf(session.Artifacts.PathOf(row.Image!)) is { } size)
            {
                sizes[image!] = size;
            }
        }

        return sizes;
    }

    /// <summary>The words of each context item are those of its source. The scorer's were those of the sweep's own scorer.</summary>
    private static async Task<Dictionary<(int, string), string>> WordsAsync(
        LedgerContext ledger, SweepFacts facts, ShownChain chain, ILookup<int, ContextItemRow> context, CancellationToken cancellation)
    {
        var words = chain.Attempts.ToDictionary(a => (a.Row.Index, "judge"), a => a.Row.Feedback ?? "");
        if (context.SelectMany(c => c).Any(c => c.Source == "scorer"))
        {
            foreach (var score in await ledger.Scores
                .Where(s => s.ChainId == chain.Row.Id && s.ScorerId == facts.Row.ScorerId).ToListAsync(cancellation))
            {
                words[(score.Attempt, "scorer")] = score.Reason ?? "";
            }
        }

        return words;
    }
}

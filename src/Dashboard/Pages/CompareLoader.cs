using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Views;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Reads arms side by side: which prompts they differ on, and what each shows of one of them.</summary>
internal sealed class CompareLoader(ChainStore store, SweepFactsCache sweeps, SweepSnapshots snapshots, TimeSpan patience)
{
    /// <summary>Prompts in the list beside the images; the others are a key or a link away.</summary>
    private const int Listed = 60;

    private static readonly (string, string)[] Keys =
    [
        ("j k", "next and previous prompt"), ("n", "next flip"), ("Left Right", "fewer and more attempts"),
        ("1 2 3", "side by side, slider, difference"), ("+ - 0", "zoom in, out, and whole"), ("x", "swap the arms"),
    ];

    public async Task<PageContent> LoadAsync(PageAddress.Compare address, CancellationToken cancellation)
    {
        var facts = await sweeps.GetAsync(address.Id, address.Scorer);
        var arms = Arms(address, facts);
        var most = arms.Max(a => facts.Arms[a].MaxAttempts);
        address = address with { Arms = arms, N = address.N is { } n && n < most ? Math.Max(1, n) : null };
        var snapshot = await snapshots.GetAsync(facts, patience);
        var model = snapshot is null
            ? new(facts, address, arms, most, [], null, null, [], (0, 0), null, Ready: false)
            : await ModelAsync(facts, address, arms, most, snapshot, cancellation);
        return new($"Compare arms of {facts.Row.Name}", typeof(CompareView), model, model.Address, facts, Keys)
        {
            Unfinished = snapshot is null || snapshot.IsBehind(facts) || (model.Verdict is null && arms.Count == 2 && facts.Scorer is not null),
            Bare = !model.Ready,
        };
    }

    /// <summary>At least two: those that are asked for and exist, or the last two, the later one first, as the verdict names them.</summary>
    private static List<int> Arms(PageAddress.Compare address, SweepFacts facts)
    {
        var asked = (address.Arms ?? []).Where(a => a >= 0 && a < facts.Arms.Count).Distinct().ToList();
        return asked.Count > 1 ? asked
            : facts.Arms.Count == 1 ? [0]
            : [1, 0];
    }

    private async Task<CompareModel> ModelAsync(
        SweepFacts facts, PageAddress.Compare address, List<int> arms, int most, SweepSnapshot snapshot, CancellationToken cancellation)
    {
        var results = snapshot.Results;
        var values = arms.Select(a => snapshot.Values(a, address.N)).ToList();
        var prompts = results.Prompts
            .Where(p => address.Category is null || p.Stratum == address.Category)
            .Select(p => new ComparedPrompt(p, [.. values.Select(v => v[p.Index])])).ToList();
        var list = Ordered(prompts, address.Show);
        var at = address.Prompt is { } asked ? Math.Max(0, list.FindIndex(p => p.Prompt.Index == asked)) : 0;
        var from = Math.Clamp(at - (Listed / 2), 0, Math.Max(0, list.Count - Listed));
        var verdict = arms.Count == 2 && results.Scorer is not null
            ? await PageLoader.InTime(snapshot.CompareAsync(arms[0], arms[1], Shared(address, results, arms), address.Category), Task.Delay(patience, cancellation))
            : null;
        return new(
            facts,
            address with { Prompt = list.Count == 0 ? null : list[at].Prompt.Index },
            arms,
            most,
            [.. results.Prompts.Select(p => p.Stratum).Distinct()],
            verdict,
            arms.Count == 2
                ? (prompts.Count(p => p.Difference > 0), prompts.Count(p => p.Difference < 0), prompts.Count(p => p.Difference == 0))
                : null,
            [.. list.Skip(from).Take(Listed)],
            (from, list.Count),
            list.Count == 0 ? null : await AtAsync(facts, address, arms, list, at, results, cancellation),
            Ready: true);
    }

    /// <summary>Arms of different length are compared at what both have, unless they are asked for as they are.</summary>
    private static int? Shared(PageAddress.Compare address, SweepResults results, List<int> arms) => address.N is { } n
        ? Math.Min(n, arms.Min(a => results.Arms[a].Strategy.MaxAttempts))
        : null;

    /// <summary>The first arm's gains first, the largest first; then the second's; then where they are alike.</summary>
    private static List<ComparedPrompt> Ordered(List<ComparedPrompt> prompts, ShownPairs show) =>
    [
        .. prompts
            .Where(p => show switch
            {
                ShownPairs.Flipped => p.Flipped,
                ShownPairs.First => p.Difference > 0,
                ShownPairs.Second => p.Difference < 0,
                _ => true,
            })
            .OrderBy(p => p.Flipped ? p.Difference > 0 || p.Values.Count != 2 ? 0 : 1 : 2)
            .ThenByDescending(p => Math.Abs(p.Difference ?? 0))
            .ThenBy(p => p.Prompt.Index),
    ];

    private async Task<ComparedPromptModel> AtAsync(
        SweepFacts facts,
        PageAddress.Compare address,
        List<int> arms,
        List<ComparedPrompt> list,
        int at,
        SweepResults results,
        CancellationToken cancellation)
    {
        var prompt = list[at];
        var chains = await store.ReadAsync(
            facts.Row.Id, arms.Select(arm => (arm, prompt.Prompt.Index, address.Replicate)), facts.Scorer?.Id, cancellation);
        var flips = list.Index().Where(p => p.Item.Flipped).ToList();
        return new(
            prompt,
            [
                .. arms.Select(arm =>
                {
                    var chain = chains.FirstOrDefault(c => c.Row.Arm == arm && c.Row.Replicate == address.Replicate);
                    var result = results.Arms[arm].Chains.FirstOrDefault(
                        c => c.Prompt == prompt.Prompt.Index && c.Replicate == address.Replicate);
                    int? shown = result is null ? chain?.Row.Shown
                        : PromptScores.Shown(results.Arms[arm].Strategy, result, address.N ?? int.MaxValue);
                    return new ComparedSide(
                        arm, VisibleText.Of(results.Arms[arm].Label), chain, chain?.Attempts.FirstOrDefault(a => a.Row.Index == shown));
                }),
            ],
            at > 0 ? list[at - 1].Prompt.Index : null,
            at < list.Count - 1 ? list[at + 1].Prompt.Index : null,
            // From the last one around to the first.
            (flips.Find(p => p.Index > at).Item ?? flips.Find(p => p.Index != at).Item)?.Prompt.Index);
    }
}

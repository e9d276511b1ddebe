using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Views;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Reads from the ledger what a page shows.</summary>
/// <param name="patience">How long a page may wait for what is computed; it is written without it then.</param>
public sealed class PageLoader(
    LedgerSession session, SweepFactsCache sweeps, SweepSnapshots snapshots, Overview overview, Prices? prices, TimeSpan patience, bool controls)
{
    private const int RowsAPage = 12;

    private readonly StudySnapshots _studies = new(session);
    private readonly ChainStore _chains = new(session);

    private static readonly (string, string)[] RowKeys = [("j k", "next and previous prompt"), ("Enter", "open it"), ("/", "search")];

    /// <exception cref="SweepNotFoundException">There is no such sweep, or scorer of it.</exception>
    public Task<PageContent> LoadAsync(PageAddress address, CancellationToken cancellation) => address switch
    {
        PageAddress.Sweeps sweeps => SweepsAsync(sweeps),
        PageAddress.Sweep sweep => SweepAsync(sweep, cancellation),
        PageAddress.Prompts prompts => PromptsAsync(prompts, cancellation),
        PageAddress.Chain chain => new ChainLoader(session, sweeps, _chains).LoadAsync(chain, cancellation),
        PageAddress.Compare compare => new CompareLoader(_chains, sweeps, snapshots, patience).LoadAsync(compare, cancellation),
        PageAddress.Workers => new WorkersLoader(session, controls).LoadAsync(cancellation),
        PageAddress.Studies => new StudyLoader(session, sweeps, snapshots, _studies, patience, controls).AllAsync(cancellation),
        PageAddress.Study study => new StudyLoader(session, sweeps, snapshots, _studies, patience, controls).LoadAsync(study, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(address), address, "Unknown page."),
    };

    private async Task<PageContent> SweepsAsync(PageAddress.Sweeps address)
    {
        var lines = await overview.GetAsync(patience);
        var found = address.Search is not { Length: > 0 } words ? lines : lines?.Where(l =>
            l.Status.Name.Contains(words, StringComparison.OrdinalIgnoreCase)
            || l.Status.Id.ToString().StartsWith(words, StringComparison.OrdinalIgnoreCase)
            || l.Arms.Any(a => a.Contains(words, StringComparison.OrdinalIgnoreCase))).ToList();
        return new("Sweeps", typeof(SweepsView), new SweepsModel(address.Search, found), address, null,
            [("j k", "next and previous sweep"), ("Enter", "open it"), ("/", "search")])
        {
            Unfinished = lines is null,
        };
    }

    private async Task<PageContent> SweepAsync(PageAddress.Sweep address, CancellationToken cancellation)
    {
        var facts = await sweeps.GetAsync(address.Id, address.Scorer);
        var axes = CurveFigure.Axes.Where(a => prices is not null || BudgetAxes.Find(a) is not BudgetAxis.Money).ToList();
        address = address with { Axis = axes.Contains(address.Axis) ? address.Axis : CurveFigure.OverN };
        var deadline = Task.Delay(patience, cancellation);
        var model = new SweepModel(facts, address, axes, null) { Prices = prices };
        var snapshot = await snapshots.GetAsync(facts, patience);
        if (snapshot is not null)
        {
            var scored = snapshot.Results.Scorer is not null;
            var (verdict, scores, agreement) = (snapshot.VerdictAsync(), snapshot.ScoresAsync(), snapshot.AgreementAsync());
            var curve = scored ? snapshot.CurveAsync(address.Axis) : null;
            model = model with
            {
                Results = snapshot.Results,
                Verdict = await InTime(verdict, deadline),
                Scores = await InTime(scores, deadline),
                Agreement = await InTime(agreement, deadline),
                Costs = await InTime(snapshot.CostsAsync(), deadline),
                Curve = curve is null ? null : await InTime(curve, deadline),
            };
        }

        var waits = model.Results is null || snapshot!.IsBehind(facts) || model.Verdict is null || model.Scores is null || model.Agreement is null || model.Costs is null
            || (model.Results.Scorer is not null && model.Curve is null);
        return new(facts.Row.Name, typeof(SweepView), model, address, facts, []) { Unfinished = waits };
    }

    internal static async Task<T?> InTime<T>(Task<T> part, Task deadline)
        where T : class => await Task.WhenAny(part, deadline) == part ? await part : null;

    private async Task<PageContent> PromptsAsync(PageAddress.Prompts address, CancellationToken cancellation)
    {
        var facts = await sweeps.GetAsync(address.Id, address.Scorer);
        var snapshot = await snapshots.GetAsync(facts, patience);
        PromptsModel model;
        if (snapshot is null)
        {
            model = new(facts, address, [], null, 1, []);
        }
        else
        {
            var found = address.Of.Of(snapshot.Prompts);
            var pages = Math.Max(1, (found.Count + RowsAPage - 1) / RowsAPage);
            address = address with { Number = Math.Clamp(address.Number, 1, pages) };
            var rows = found.Skip((address.Number - 1) * RowsAPage).Take(RowsAPage).ToList();
            var chains = (await _chains.ReadAsync(
                facts.Row.Id,
                from row in rows
                from arm in facts.Arms
                from replicate in Enumerable.Range(0, Math.Min(facts.Row.Replicates, PromptRowModel.MostReplicates))
                select (arm.Index, row.Prompt.Index, replicate),
                facts.Scorer?.Id,
                cancellation)).ToLookup(c => c.Row.Prompt);
            model = new(
                facts, address, [.. snapshot.Results.Prompts.Select(p => p.Stratum).Distinct()], found.Count, pages,
                [.. rows.Select(r => new PromptRowModel(r, [.. chains[r.Prompt.Index]]))]);
        }

        return new($"Prompts of {facts.Row.Name}", typeof(PromptsView), model, address, facts,
            [.. RowKeys, ("h l", "previous and next page")])
        {
            Unfinished = snapshot is null || snapshot.IsBehind(facts),
            Bare = snapshot is null,
        };
    }
}

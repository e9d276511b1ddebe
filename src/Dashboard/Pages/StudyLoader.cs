using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Views;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Reads what studies ask, who votes in them, and what came out.</summary>
internal sealed class StudyLoader(
    LedgerSession session, SweepFactsCache sweeps, SweepSnapshots snapshots, StudySnapshots studies, TimeSpan patience, bool controls)
{
    private const int MostPrompts = 60;

    public async Task<PageContent> AllAsync(CancellationToken cancellation)
    {
        var counts = await CountsAsync(cancellation);
        var lines = new List<StudyLine>();
        foreach (var row in await session.Studies.AllAsync(cancellation))
        {
            var manifest = await studies.ManifestAsync(row.Id, cancellation);
            var (raters, votes) = counts.GetValueOrDefault(row.Id);
            lines.Add(new(row, manifest.First.Name, manifest.Second.Name, manifest.Asked.Count, raters, votes));
        }

        return new("Studies", typeof(StudiesView), new StudiesModel(lines), new PageAddress.Studies(), null,
            [("j k", "next and previous study"), ("Enter", "open it")]);
    }

    /// <exception cref="StudyNotFoundException">There is no such study.</exception>
    public async Task<PageContent> LoadAsync(PageAddress.Study address, CancellationToken cancellation)
    {
        var row = await session.Studies.FindAsync(address.Id, cancellation);
        var manifest = await studies.ManifestAsync(row.Id, cancellation);
        var facts = await sweeps.GetAsync(row.Sweep.ToString(), scorer: null);
        var (snapshot, study) = (
            await snapshots.GetAsync(facts, patience), await studies.GetAsync(row.Id, patience, cancellation));
        var model = new StudyModel(
            row,
            facts,
            manifest,
            StudySight.Of(manifest),
            snapshot is null || study is null ? null : StudyReport.Of(study.Results, study.Votes, snapshot.Results, facts.Configuration),
            study is null ? [] : Prompts(manifest, study.Votes),
            await session.Studies.RatersAsync(row.Id, cancellation),
            controls);
        return new($"Study {row.Name}", typeof(StudyView), model, address, facts, []) { Unfinished = model.Report is null || snapshot!.IsBehind(facts) || study is { IsNewest: false } };
    }

    private static List<StudiedPrompt> Prompts(StudyManifest manifest, IReadOnlyList<StudyVote> votes) =>
    [
        .. votes.Where(v => v.Counts).GroupBy(v => v.Pair)
            .Select(g => new StudiedPrompt(
                manifest.Pairs[g.Key], g.Count(v => v.Preference > 0), g.Count(v => v.Preference == 0), g.Count(v => v.Preference < 0)))
            .OrderByDescending(p => Math.Abs(p.First - p.Second)).ThenByDescending(p => p.First).ThenBy(p => p.Pair.Prompt).Take(MostPrompts),
    ];

    private async Task<Dictionary<Guid, (int Raters, int Votes)>> CountsAsync(CancellationToken cancellation)
    {
        await using var read = session.Source.CreateCommand("""
            SELECT id, (SELECT count(*)::integer FROM reflectdit.study_raters WHERE study_id = s.id),
                (SELECT count(*)::integer FROM reflectdit.study_answers WHERE study_id = s.id) FROM reflectdit.studies s
            """);
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var counts = new Dictionary<Guid, (int, int)>();
        while (await reader.ReadAsync(cancellation))
        {
            counts[reader.GetGuid(0)] = (reader.GetInt32(1), reader.GetInt32(2));
        }

        return counts;
    }
}

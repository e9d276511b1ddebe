using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public sealed class StudyTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_manifest_is_written_once_and_the_database_refuses_to_change_it()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (manifest, study) = await StudyAsync(ledger);

        Assert.Equal(study, await ledger.Session.Studies.AddAsync(manifest, CancellationToken.None));
        Assert.Equal(manifest.ToJson(), (await ledger.Session.Studies.ManifestAsync(study.Id, CancellationToken.None)).ToJson());
        Assert.Equal("RD004", (await ledger.RefusedAsync("UPDATE reflectdit.studies SET manifest = '{}'")).SqlState);
        var taken = await Assert.ThrowsAsync<StudyNotFoundException>(() =>
            ledger.Session.Studies.AddAsync(manifest with { Question = "Which?" }, CancellationToken.None));
        Assert.Contains("choose another name", taken.Message, StringComparison.Ordinal);
        var elsewhere = await Assert.ThrowsAsync<StudyNotFoundException>(() =>
            ledger.Session.Studies.AddAsync(manifest with { Name = "other", Sweep = Guid.NewGuid() }, CancellationToken.None));
        Assert.Contains("does not hold", elsewhere.Message, StringComparison.Ordinal);
        Assert.Equal(study, await ledger.Session.Studies.FindAsync(study.Id.ToString()[..6], CancellationToken.None));
        await Assert.ThrowsAsync<StudyNotFoundException>(() => ledger.Session.Studies.FindAsync("none", CancellationToken.None));
    }

    [Fact]
    public async Task An_answer_can_be_taken_back_and_given_anew_and_no_form_counts_twice()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (manifest, study) = await StudyAsync(ledger);
        var rater = await ledger.Session.Studies.AddRaterAsync(study, "ada", CancellationToken.None);
        Assert.Equal((study.Id, "r1"), await ledger.Session.Studies.RaterOfAsync(rater.Key!.Value, CancellationToken.None));
        Assert.Null(await ledger.Session.Studies.RaterOfAsync(Guid.NewGuid(), CancellationToken.None));
        var showing = StudyDraws.Order(manifest, rater.Rater)[0];

        Assert.True(await VoteAsync(0, StudyAnswer.Left));
        Assert.False(await VoteAsync(0, StudyAnswer.Right)); // the same form once more
        Assert.False(await VoteAsync(2, StudyAnswer.Right)); // nothing was taken back
        Assert.True(await VoteAsync(1, null));
        Assert.False(await VoteAsync(1, null));
        Assert.Empty(await ledger.Session.Votes.OfStudyAsync(study.Id, CancellationToken.None));
        var at = await Task.WhenAll(VoteAsync(2, StudyAnswer.Bad), VoteAsync(2, StudyAnswer.Bad), VoteAsync(2, StudyAnswer.Bad));
        Assert.Single(at, counted => counted);

        var vote = Assert.Single(await ledger.Session.Votes.OfStudyAsync(study.Id, CancellationToken.None));
        Assert.Equal(new StudyVote("r1", showing, StudyAnswer.Bad, 1.5), vote);
        Assert.Equal([(showing.Number, 3)], (await ledger.Session.Votes.RevisionsAsync(study.Id, "r1", CancellationToken.None)).Select(r => (r.Key, r.Value)));
        Assert.Equal(3, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.study_votes"));
        Assert.Equal("RD004", (await ledger.RefusedAsync("UPDATE reflectdit.study_votes SET answer = 'left'")).SqlState);
        Assert.Equal("ada add rater people: r1", await ledger.ScalarAsync<string>("SELECT concat_ws(' ', who, action, subject) FROM reflectdit.audit"));

        Task<bool> VoteAsync(int revision, StudyAnswer? answer) =>
            ledger.Session.Votes.AddAsync(study.Id, rater.Rater, showing, revision, answer, answer is null ? null : 1.5, CancellationToken.None);
    }

    [Fact]
    public async Task Raters_who_come_at_once_get_names_of_their_own()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (_, study) = await StudyAsync(ledger);
        await ledger.Session.Votes.ImportAsync(study.Id, [new("r2", new(0, 0, false, true), StudyAnswer.Tie, null)], CancellationToken.None);
        var raters = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ledger.Session.Studies.AddRaterAsync(study, "ada", CancellationToken.None)));
        Assert.Equal(["r1", "r3", "r4", "r5"], raters.Select(r => r.Rater).Order());
        Assert.Equal(5, (await ledger.Session.Studies.RatersAsync(study.Id, CancellationToken.None)).Select(r => r.Rater).Distinct().Count());
    }

    [Fact]
    public async Task Votes_from_elsewhere_come_all_or_not_at_all()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (_, study) = await StudyAsync(ledger);
        StudyVote vote = new("crowd-1", new(0, 0, false, true), StudyAnswer.Left, null);
        var twice = await Assert.ThrowsAsync<StudyNotFoundException>(() =>
            ledger.Session.Votes.ImportAsync(study.Id, [vote, vote with { Answer = StudyAnswer.Tie }], CancellationToken.None));
        Assert.Contains("two votes for showing 0", twice.Message, StringComparison.Ordinal);
        Assert.Empty(await ledger.Session.Studies.RatersAsync(study.Id, CancellationToken.None));

        await ledger.Session.Votes.ImportAsync(study.Id, [vote], CancellationToken.None);
        var again = await Assert.ThrowsAsync<StudyNotFoundException>(() => ledger.Session.Votes.ImportAsync(study.Id, [vote], CancellationToken.None));
        Assert.Contains("already: nothing was imported", again.Message, StringComparison.Ordinal);
        Assert.Equal([vote], await ledger.Session.Votes.OfStudyAsync(study.Id, CancellationToken.None));
    }

    private static async Task<(StudyManifest Manifest, StudyRow Study)> StudyAsync(LedgerFixture ledger)
    {
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        var manifest = new StudyManifest(
            "people", plan.Id, new(1, "second", 4), new(0, "first", 4), StudyManifest.UsualQuestion, 1, 2, 0, 0,
            [.. Enumerable.Range(0, 2).Select(p => new StudyPair(p, "single_object", $"thing {p}", new(0, $"a{p}"), new(0, $"b{p}")))]);
        return (manifest, await ledger.Session.Studies.AddAsync(manifest, CancellationToken.None));
    }
}

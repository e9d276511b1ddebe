using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

/// <summary>Scores as work of their own: who holds what, and what a late or a lost holder can do.</summary>
public sealed class ScoringTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly PlannedScorer Strict = new("geneval", """{"threshold":0.9}""");

    [Fact]
    public async Task A_drawing_without_a_score_is_work_once_for_each_scorer_of_each_sweep_and_one_with_a_score_is_none()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), None);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan("other"), None);
        await ledger.Session.Scorings.AddAsync(LedgerFixture.Plan().Id, "strict", Strict, [], None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using var writer = ledger.Writer();
        foreach (var chain in chains)
        {
            await writer.AppendAsync(Unscored(chain, "same"));
        }

        await writer.AppendAsync(LedgerFixture.Attempt(chains[0], 1)); // an oracle's, with its score

        var waiting = await ledger.Session.Scorings.ClaimAsync(worker.Number, new(), 100, None);
        Assert.Equal(8, chains.Count);
        Assert.Equal(2, waiting.Count(s => s.Sweep == LedgerFixture.Plan().Id && s.Drawing == Unscored(chains[0], "same").Drawing.Id));
        Assert.Equal(new(1, 4, 0), await ledger.Session.Scorings.CountAsync(new(), None));

        // The other sweep waits for what the first has at work, and has it with it.
        Assert.Equal(3, waiting.Count);
        Assert.Equal(3, await ledger.Session.Scorings.EndAsync([.. waiting.Select(s => (s, Passed()))]));
        Assert.Equal(new(0, 0, 0), await ledger.Session.Scorings.CountAsync(new(), None));
    }

    [Fact]
    public async Task Only_the_holder_at_the_newest_epoch_can_end_a_scoring_and_to_end_it_twice_changes_nothing()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (first, scoring) = await OneAsync(ledger);
        await first.DisposeAsync();
        var (second, _) = await ledger.ClaimAsync(most: 0);
        await using var _ = second;
        var taken = Assert.Single(await ledger.Session.Scorings.ClaimAsync(second.Number, new(), 10, None));
        Assert.Equal(scoring.Epoch + 1, taken.Epoch);

        Assert.Equal(0, await ledger.Session.Scorings.EndAsync([(scoring, new Score(0, false, "late", null))]));
        Assert.False(await ledger.Session.Scorings.FailAsync(scoring, "late"));
        Assert.False(await ledger.Session.Scorings.ReleaseAsync(scoring));
        Assert.Equal(0, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.scores"));
        Assert.Equal(1, await ledger.Session.Scorings.EndAsync([(taken, Passed())]));
        Assert.Equal(0, await ledger.Session.Scorings.EndAsync([(taken, new Score(0, false, "again", null))]));
        Assert.Equal(1.0, await ledger.ScalarAsync<double>("SELECT value FROM reflectdit.scores"));
    }

    [Fact]
    public async Task What_a_worker_held_that_is_lost_is_anybodys_and_its_late_score_is_refused()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (lost, scoring) = await OneAsync(ledger);
        await using var _ = lost;
        await ledger.ScalarAsync<int>($"UPDATE reflectdit.workers SET leased_until = now() - interval '1 s' WHERE number = {lost.Number} RETURNING 1");
        Assert.Equal([lost.Number], await ledger.EndLostWorkersAsync());
        Assert.Equal(1, (await ledger.Session.Scorings.CountAsync(new(), None)).Free);
        Assert.Empty(await ledger.Session.Scorings.ClaimAsync(lost.Number, new(), 10, None));
        Assert.Equal(0, await ledger.Session.Scorings.EndAsync([(scoring, Passed())]));
    }

    [Fact]
    public async Task What_failed_waits_with_its_reason_until_it_is_tried_again()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (worker, scoring) = await OneAsync(ledger);
        await using var _ = worker;
        Assert.True(await ledger.Session.Scorings.FailAsync(scoring, "no \0 objects"));
        Assert.Equal(new(0, 0, 1), await ledger.Session.Scorings.CountAsync(new(), None));
        Assert.Equal(["no \uFFFD objects"], await ledger.Session.Scorings.FailuresAsync(scoring.Sweep, 5, None));
        Assert.Empty(await ledger.Session.Scorings.ClaimAsync(worker.Number, new(), 10, None));
        await ledger.Session.Scorings.RetryFailedAsync(new(scoring.Sweep), None);
        Assert.Single(await ledger.Session.Scorings.ClaimAsync(worker.Number, new(), 10, None));
    }

    [Fact]
    public async Task A_scope_a_parked_scorer_and_a_paused_sweep_leave_work_to_others()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (worker, scoring) = await OneAsync(ledger);
        await using var _ = worker;
        await ledger.Session.Scorings.ReleaseAsync(scoring);
        Task<IReadOnlyList<OpenScoring>> Claim(WorkScope scope) => ledger.Session.Scorings.ClaimAsync(worker.Number, scope, 10, None);
        Assert.Empty(await Claim(new(Guid.NewGuid())));
        Assert.Empty(await Claim(new(scoring.Sweep, [scoring.Prompt + 1])));
        Assert.Empty(await Claim(new() { Parked = [new(scoring.Sweep)] }));
        Assert.Empty(await Claim(new() { Parked = [new(scoring.Sweep, Scorer: scoring.Scorer)] }));
        await ledger.Session.Sweeps.SetStateAsync(scoring.Sweep, SweepState.Paused, None);
        Assert.Empty(await Claim(new()));
        await ledger.Session.Sweeps.SetStateAsync(scoring.Sweep, SweepState.Running, None);
        Assert.Single(await Claim(new(scoring.Sweep, [scoring.Prompt]) { Parked = [new(scoring.Sweep, Arm: 0)] }));
    }

    [Fact]
    public async Task A_scorer_that_is_added_has_every_drawing_to_score_and_a_name_means_one_scorer()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var (worker, scoring) = await OneAsync(ledger);
        await using var _ = worker;
        await ledger.Session.Scorings.EndAsync([(scoring, Passed())]);
        await ledger.Session.Scorings.AddAsync(scoring.Sweep, "strict", Strict, [], None);
        await ledger.Session.Scorings.AddAsync(scoring.Sweep, "strict", Strict, [], None);
        var again = Assert.Single(await ledger.Session.Scorings.ClaimAsync(worker.Number, new(), 10, None));
        Assert.Equal((scoring.Drawing, Strict.Id), (again.Drawing, again.Scorer));
        Assert.Equal(["own", "strict"], (await ledger.Session.Scorings.OfSweepAsync(scoring.Sweep, None)).Select(s => s.Name));

        foreach (var (name, scorer) in new[] { ("strict", new PlannedScorer("geneval", """{"threshold":0.8}""")), ("lax", Strict), ("mine", LedgerFixture.Plan().Scorer!) })
        {
            var refused = await Assert.ThrowsAsync<LedgerException>(() => ledger.Session.Scorings.AddAsync(scoring.Sweep, name, scorer, [], None));
            Assert.Contains(name == "strict" ? "'strict'" : name == "lax" ? "'strict'" : "'own'", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_scorer_is_bound_to_the_weights_of_its_first_load_for_all_sweeps()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), None);
        var scorer = LedgerFixture.Plan().Scorer!.Id;
        Assert.Equal(new string('a', 64), await ledger.Session.Scorings.BindAsync(scorer, new string('a', 64), None));
        Assert.Equal(new string('a', 64), await ledger.Session.Scorings.BindAsync(scorer, new string('b', 64), None));
    }

    private static Score Passed() => Score.OfPass(true, "", LedgerFixture.Evidence);

    private static NewAttempt Unscored(OpenChain chain, string asked) =>
        LedgerFixture.Attempt(chain, 0, asked, [1, 2, 3], "fault") with { Score = null };

    /// <summary>A worker that holds the only scoring there is.</summary>
    private static async Task<(WorkerSession Worker, OpenScoring Scoring)> OneAsync(LedgerFixture ledger)
    {
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), None);
        var (worker, chains) = await ledger.ClaimAsync(most: 1);
        await using (var writer = ledger.Writer())
        {
            await writer.AppendAsync(Unscored(chains[0], "any"));
        }

        return (worker, Assert.Single(await ledger.Session.Scorings.ClaimAsync(worker.Number, new(), 10, None)));
    }
}

using Microsoft.EntityFrameworkCore;
using Npgsql;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public class AttemptWriterTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task An_attempt_is_read_back_as_it_was_written()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        var chain = chains[0];
        var first = LedgerFixture.Attempt(chain, 0);
        var second = LedgerFixture.Attempt(chain, 1, ends: 1, new ContextItem(0, FeedbackSource.Judge, "fault 0"));
        await using (var writer = ledger.Writer())
        {
            await writer.AppendAsync(first);
            await writer.AppendAsync(second);
        }

        await using var tables = new LedgerContext(ledger.Session.Source);
        var rows = await tables.Attempts.OrderBy(a => a.Index).ToListAsync();
        Assert.Equal([0, 1], rows.Select(a => a.Index));
        var row = rows[0];
        Assert.Equal(
            ((Guid, int, long?, bool?, double?, double?, string?, string?))(
                chain.Id, chain.Epoch, 1000L, false, 0.25, 0.75, "fault 0", "text"),
            (row.ChainId, row.Epoch, row.Seed, row.Accepted, row.JudgeScore, row.JudgeNoScore, row.Feedback, row.JudgeText));
        Assert.Equal(
            ((double?, double?, double?, int?, int?))(0.5, 1.25, 0.25, 40, 1400),
            (row.WallSeconds, row.GeneratorSeconds, row.JudgeSeconds, row.FunctionEvaluations, row.JudgeTokens));
        Assert.Equal(first.Drawing.Content!.Value.ToArray(), await ledger.Session.Artifacts.ReadAsync(row.Image!, CancellationToken.None));

        var context = Assert.Single(await tables.ContextItems.ToListAsync());
        Assert.Equal((1, 0, 0, "judge"), (context.Attempt, context.Position, context.SourceAttempt, context.Source));
        var scores = await tables.Scores.OrderBy(s => s.Attempt).ToListAsync();
        Assert.Equal(
            [(0.0, false, "expected cat>=1, found 0", LedgerFixture.Evidence), (1.0, true, "", LedgerFixture.Evidence)],
            scores.Select(s => (s.Value, s.Passed, s.Reason, s.Evidence)));
        Assert.Equal([plan.Scorer!.Id], await tables.Scorers.Select(s => s.Id).ToListAsync());
        var ended = await tables.Chains.SingleAsync(c => c.Id == chain.Id);
        Assert.Equal((ChainState.Done, 1), (ended.State, ended.Shown));
    }

    [Fact]
    public async Task A_stale_epoch_is_refused_by_the_database_and_nothing_of_it_is_written()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        var (first, before) = await ledger.ClaimAsync();
        var stale = before[0];
        await first.DisposeAsync();
        var (second, after) = await ledger.ClaimAsync();
        await using var _ = second;
        await using var writer = ledger.Writer();

        var append = await Assert.ThrowsAsync<PostgresException>(() => writer.AppendAsync(LedgerFixture.Attempt(stale, 0)));
        var end = await Assert.ThrowsAsync<PostgresException>(() => writer.EndAsync(stale.Id, stale.Epoch, 0));
        var fail = await Assert.ThrowsAsync<PostgresException>(() => writer.FailAsync(stale.Id, stale.Epoch, "reason"));
        Assert.Equal(["RD001", "RD001", "RD001"], [append.SqlState, end.SqlState, fail.SqlState]);
        Assert.Equal(0, await ledger.ScalarAsync<long>(
            "SELECT (SELECT count(*) FROM reflectdit.attempts) + (SELECT count(*) FROM reflectdit.chains WHERE state <> 'open')"));

        await writer.AppendAsync(LedgerFixture.Attempt(after.Single(c => c.Id == stale.Id), 0));
    }

    [Fact]
    public async Task An_attempt_out_of_turn_or_after_the_end_is_refused()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using var writer = ledger.Writer();
        var chain = chains[0];
        await Refused(LedgerFixture.Attempt(chain, 1));
        await writer.AppendAsync(LedgerFixture.Attempt(chain, 0, ends: 0));
        await Refused(LedgerFixture.Attempt(chain, 1));

        async Task Refused(NewAttempt attempt) => Assert.Equal(
            "RD002", (await Assert.ThrowsAsync<PostgresException>(() => writer.AppendAsync(attempt))).SqlState);
    }

    [Fact]
    public async Task The_attempts_of_a_step_come_in_any_order_and_the_next_step_and_the_end_only_when_it_is_whole()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using var writer = ledger.Writer();
        var chain = chains[0];
        NewAttempt At(int step, int place, int index) => LedgerFixture.Attempt(chain, index) with { At = new(step, place, index) };
        await writer.AppendAsync(At(0, 2, 2));
        await writer.AppendAsync(At(0, 0, 0));
        await Refused(() => writer.AppendAsync(At(1, 0, 3)));
        await Refused(() => writer.EndAsync(chain.Id, chain.Epoch, 2));
        await writer.AppendAsync(At(0, 1, 1));
        await Refused(() => writer.AppendAsync(At(2, 0, 3)));        // no step 1 yet
        await writer.AppendAsync(At(1, 1, 4));
        await Refused(() => writer.AppendAsync(At(2, 0, 5)));
        await writer.AppendAsync(At(1, 0, 3) with { Proposal = new([new(2, FeedbackSource.Judge, "fault 2")], "another prompt") });
        await writer.AppendAsync(At(2, 0, 5));
        await writer.EndAsync(chain.Id, chain.Epoch, 4);

        Assert.Equal(
            "0 0 0 -,1 0 1 -,2 0 2 -,3 1 0 another prompt,4 1 1 -,5 2 0 -",
            await ledger.ScalarAsync<string>("""
                SELECT string_agg(index || ' ' || step || ' ' || place || ' ' || coalesce(prompt, '-'), ',' ORDER BY index) FROM reflectdit.attempts
                """));

        async Task Refused(Func<Task> write) => Assert.Equal("RD002", (await Assert.ThrowsAsync<PostgresException>(write)).SqlState);
    }

    [Fact]
    public async Task Hundreds_of_chains_at_once_are_all_written()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan(prompts: 300);
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using var writer = ledger.Writer();
        await Task.WhenAll(chains.Select(async chain =>
        {
            await writer.AppendAsync(LedgerFixture.Attempt(chain, 0));
            await writer.AppendAsync(LedgerFixture.Attempt(chain, 1, ends: 1, new ContextItem(0, FeedbackSource.Judge, "fault 0")));
        }));
        Assert.Equal(1200, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.attempts"));
        Assert.Equal(600, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.chains WHERE state = 'done'"));
        Assert.Equal(1200, await ledger.ScalarAsync<long>("SELECT count(evidence) FROM reflectdit.scores"));
    }

    [Fact]
    public async Task The_database_guards_what_an_attempt_and_a_chain_may_say()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using (var writer = ledger.Writer())
        {
            await writer.AppendAsync(LedgerFixture.Attempt(chains[0], 0));
        }

        string[] wrong =
        [
            "UPDATE reflectdit.judgements SET accepted = true",                        // with feedback
            "UPDATE reflectdit.judgements SET score = 1.5",
            "UPDATE reflectdit.drawings SET image = 'short'",
            "UPDATE reflectdit.attempts SET judgement_id = NULL",
            "DELETE FROM reflectdit.drawings",                                         // that an attempt is of
            "UPDATE reflectdit.scores SET passed = true",                              // with a reason
            "UPDATE reflectdit.scores SET value = 1.5",
            "UPDATE reflectdit.chains SET state = 'done'",                             // shows nothing
            "UPDATE reflectdit.chains SET state = 'failed'",                           // says no reason
            "UPDATE reflectdit.chains SET state = 'done', shown = 3",                  // there is no attempt 3
            "INSERT INTO reflectdit.context_items SELECT chain_id, 0, 0, 0, 'judge' FROM reflectdit.attempts", // of itself
        ];
        foreach (var sql in wrong)
        {
            Assert.StartsWith("23", (await ledger.RefusedAsync(sql)).SqlState, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stale_attempt_does_not_hold_up_the_others_of_its_group()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(prompts: 100), CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using var writer = ledger.Writer();
        var writes = chains.Select((c, i) => writer.AppendAsync(
            LedgerFixture.Attempt(i % 10 == 0 ? c with { Epoch = c.Epoch - 1 } : c, 0))).ToList();
        var results = await Task.WhenAll(writes.Select(async w => await Record.ExceptionAsync(() => w)));
        Assert.All(results.Index(), r => Assert.Equal(r.Index % 10 == 0, r.Item is PostgresException { SqlState: AttemptWriter.StaleEpoch }));
        Assert.Equal(180, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.attempts"));
    }
}

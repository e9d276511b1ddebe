using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public class SweepStoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_plan_has_a_chain_for_each_arm_prompt_and_replicate_and_planning_again_changes_nothing()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan(prompts: 5, replicates: 3);
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None)));
        Assert.Equal(30, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.chains"));
        Assert.Equal(5, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.prompts"));
    }

    [Fact]
    public async Task A_sweep_is_found_by_its_name_its_id_and_the_beginning_of_its_id()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan("mine");
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        foreach (var key in new[] { "mine", plan.Id.ToString(), plan.Id.ToString()[..8], plan.Id.ToString()[..6].ToUpperInvariant() })
        {
            Assert.Equal(plan.Id, (await ledger.Session.Sweeps.FindAsync(key, CancellationToken.None)).Id);
        }
    }

    [Fact]
    public async Task A_name_that_fits_none_or_two_sweeps_is_refused_with_the_choice()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var none = await Assert.ThrowsAsync<LedgerException>(() => ledger.Session.Sweeps.FindAsync("mine", CancellationToken.None));
        Assert.Contains("reflectdit demo", none.Message, StringComparison.Ordinal);
        SweepPlan[] plans = [LedgerFixture.Plan("mine", prompts: 1), LedgerFixture.Plan("mine", prompts: 2)];
        foreach (var plan in plans)
        {
            await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        }

        var two = await Assert.ThrowsAsync<LedgerException>(() => ledger.Session.Sweeps.FindAsync("mine", CancellationToken.None));
        Assert.All(plans, p => Assert.Contains(p.Id.ToString()[..8], two.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_held_sweep_is_refused_to_a_second_taker_and_free_when_the_first_lets_go()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        var first = await ledger.TakeAsync(plan);
        await Assert.ThrowsAsync<LedgerException>(() => ledger.TakeAsync(plan));
        await first.DisposeAsync();
        await using var second = await ledger.TakeAsync(plan);
        Assert.All(second.Chains, c => Assert.Equal(2, c.Epoch));
    }

    [Fact]
    public async Task Taking_again_brings_open_and_failed_chains_with_their_history_and_leaves_the_done()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        OpenChain done, failed, open;
        await using (var hold = await ledger.TakeAsync(plan))
        await using (var writer = ledger.Writer(plan))
        {
            (done, failed, open) = (hold.Chains[0], hold.Chains[1], hold.Chains[2]);
            await writer.AppendAsync(LedgerFixture.Attempt(done, 0, ends: 0));
            await writer.AppendAsync(LedgerFixture.Attempt(failed, 0));
            await writer.FailAsync(failed.Id, failed.Epoch, "the judge is away");
            await writer.AppendAsync(LedgerFixture.Attempt(open, 0));
            await writer.AppendAsync(LedgerFixture.Attempt(open, 1));
        }

        await using var again = await ledger.TakeAsync(plan);
        Assert.Equal(3, again.Chains.Count);
        Assert.DoesNotContain(again.Chains, c => c.Id == done.Id);
        Assert.Single(again.Chains.Single(c => c.Id == failed.Id).History);
        var history = again.Chains.Single(c => c.Id == open.Id).History;
        Assert.Equal(["fault 0", "fault 1"], history.Select(a => a.Verdict.Feedback));
        Assert.Equal(LedgerFixture.Attempt(open, 1).ImageName, history[1].Image);
    }
}

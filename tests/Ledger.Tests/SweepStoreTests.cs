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
        var none = await Assert.ThrowsAsync<SweepNotFoundException>(() => ledger.Session.Sweeps.FindAsync("mine", CancellationToken.None));
        Assert.Contains("reflectdit demo", none.Message, StringComparison.Ordinal);
        SweepPlan[] plans = [LedgerFixture.Plan("mine", prompts: 1), LedgerFixture.Plan("mine", prompts: 2)];
        foreach (var plan in plans)
        {
            await ledger.Session.Sweeps.PlanAsync(plan, CancellationToken.None);
        }

        var two = await Assert.ThrowsAsync<SweepNotFoundException>(() => ledger.Session.Sweeps.FindAsync("mine", CancellationToken.None));
        Assert.All(plans, p => Assert.Contains(p.Id.ToString()[..8], two.Message, StringComparison.Ordinal));
    }
}

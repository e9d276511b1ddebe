using Microsoft.EntityFrameworkCore;
using Npgsql;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public class LeaseStoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Workers_that_claim_together_never_share_a_chain()
    {
        await using var ledger = await PlannedAsync(prompts: 200);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ledger.ClaimAsync(most: 60)));
        var chains = claims.SelectMany(c => c.Chains).ToList();
        Assert.Equal(400, chains.Count);
        Assert.Equal(400, chains.DistinctBy(c => c.Id).Count());
        foreach (var (worker, _) in claims)
        {
            await worker.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_chain_is_claimed_with_its_history_and_a_higher_epoch()
    {
        await using var ledger = await PlannedAsync();
        var (first, chains) = await ledger.ClaimAsync(most: 1);
        await using (var writer = ledger.Writer())
        {
            await writer.AppendAsync(LedgerFixture.Attempt(chains[0], 0));
            await writer.AppendAsync(LedgerFixture.Attempt(chains[0], 1));
        }

        await first.DisposeAsync();
        var (second, again) = await ledger.ClaimAsync(scope: new(Prompts: [chains[0].Prompt]), most: 1);
        await using var _ = second;
        var chain = Assert.Single(again);
        Assert.Equal(chains[0].Epoch + 1, chain.Epoch);
        Assert.Equal(["fault 0", "fault 1"], chain.History.Select(a => a.Verdict.Feedback));
        Assert.Equal(LedgerFixture.Attempt(chains[0], 1).Drawing.Image, chain.History[1].Image);
    }

    [Fact]
    public async Task A_scope_limits_what_is_claimed_and_counted()
    {
        await using var ledger = await PlannedAsync(prompts: 5);
        var plan = LedgerFixture.Plan(prompts: 5);
        var scope = new WorkScope(plan.Id, [1, 3], ["second"]);
        var (worker, chains) = await ledger.ClaimAsync(scope: scope);
        await using var _ = worker;
        Assert.Equal([(1, 1), (1, 3)], chains.Select(c => (c.Arm, c.Prompt)));
        Assert.Equal(new ScopeCounts(2, 0, 0, 2, 0), await ledger.Session.Leases.CountAsync(scope, None));
        Assert.Empty((await ledger.ClaimAsync(scope: new(Guid.NewGuid()))).Chains);
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_ended_though_its_worker_lives_and_one_that_was_renewed_is_not()
    {
        await using var ledger = await PlannedAsync();
        var (hung, taken) = await ledger.ClaimAsync(lease: TimeSpan.Zero);
        await using var _ = hung;
        var (renewed, none) = await ledger.ClaimAsync(lease: TimeSpan.Zero);
        await using var __ = renewed;
        Assert.Empty(none);
        Assert.True(await RenewAsync(ledger, renewed));
        Assert.Equal([hung.Number], await ledger.EndLostWorkersAsync());
        Assert.Empty(await ledger.EndLostWorkersAsync());

        var chains = await ledger.Session.Leases.ClaimAsync(renewed.Number, new(), 1000, besideOthers: true, None);
        Assert.Equal(taken.Select(c => (c.Id, c.Epoch + 1)), chains.Select(c => (c.Id, c.Epoch)));
        Assert.Equal(chains.ToDictionary(c => c.Id, c => c.Epoch), await ledger.Session.Leases.HeldAsync(renewed.Number, None));
        Assert.False(await RenewAsync(ledger, hung));
        Assert.Empty(await ledger.Session.Leases.HeldAsync(hung.Number, None));
        await ledger.Session.Leases.ReleaseAsync(renewed.Number, chains[0].Id, chains[0].Epoch, needs: null, None);
        Assert.Empty(await ledger.Session.Leases.ClaimAsync(hung.Number, new(), 1000, besideOthers: true, None));
        Assert.Empty(await ledger.Session.Leases.ClaimAsync(hung.Number, [chains[0].Id], role: null, None));
    }

    [Fact]
    public async Task The_chains_of_a_worker_whose_session_died_are_free_at_once()
    {
        await using var ledger = await PlannedAsync();
        var (dead, taken) = await ledger.ClaimAsync();
        Assert.Empty(await ledger.EndLostWorkersAsync());
        dead.ThrowIfBroken();

        await EndSessionAsync(ledger, dead.Number);
        Assert.Equal([dead.Number], await ledger.EndLostWorkersAsync());
        Assert.Equal(taken.Count, (await ledger.ClaimAsync()).Chains.Count);
        await dead.DisposeAsync();
    }

    [Fact]
    public async Task A_worker_whose_session_ended_hears_of_it()
    {
        await using var ledger = await PlannedAsync();
        using var heard = new SemaphoreSlim(0);
        await using var deaf = await WorkerSession.OpenAsync(
            ledger.Session.Source, new(1), LedgerFixture.Lease, () => heard.Release(), None);
        await EndSessionAsync(ledger, deaf.Number);
        Assert.True(await heard.WaitAsync(TimeSpan.FromSeconds(10)));
        var broken = Assert.Throws<NpgsqlException>(deaf.ThrowIfBroken);
        Assert.True(LedgerSession.IsOutage(broken));
    }

    [Fact]
    public async Task Of_workers_that_look_at_once_one_does()
    {
        await using var ledger = await PlannedAsync();
        var (_, taken) = await ledger.ClaimAsync(lease: TimeSpan.Zero);
        Assert.NotEmpty(taken);
        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => ledger.Session.Leases.EndLostWorkersAsync(TimeSpan.FromHours(1), None)));
        Assert.Single(found, f => f.Count == 1);
    }

    [Fact]
    public async Task What_waits_is_counted_with_the_time_that_it_has_waited()
    {
        await using var ledger = await PlannedAsync(prompts: 3);
        await ledger.ScalarAsync<int>(
            "UPDATE reflectdit.chains SET waits_since = now() - interval '1 hour' WHERE arm = 0 AND prompt = 0 RETURNING 1");
        var before = await ledger.Session.Leases.WaitingAsync(new(), None);
        Assert.Equal((6, 6), (before.Open, before.Claimable));
        Assert.InRange(before.Oldest, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
        var (worker, chains) = await ledger.ClaimAsync(most: 1);
        await using var _ = worker;
        Assert.Equal((0, 0), (chains[0].Arm, chains[0].Prompt));
        var after = await ledger.Session.Leases.WaitingAsync(new(), None);
        Assert.Equal((6, 5), (after.Open, after.Claimable));
        Assert.InRange(after.Oldest, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        await ledger.Session.Sweeps.SetStateAsync(LedgerFixture.Plan(prompts: 3).Id, SweepState.Paused, None);
        Assert.Equal(new WaitingChains(0, 0, TimeSpan.Zero), await ledger.Session.Leases.WaitingAsync(new(), None));
    }

    [Fact]
    public async Task A_parked_sweep_is_not_claimed()
    {
        await using var ledger = await PlannedAsync();
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan("other"), None);
        var (worker, chains) = await ledger.ClaimAsync(scope: new() { Parked = [new(LedgerFixture.Plan().Id, null)] });
        await using var _ = worker;
        Assert.All(chains, c => Assert.Equal(LedgerFixture.Plan("other").Id, c.Sweep));
        Assert.Equal(4, chains.Count);
    }

    [Fact]
    public async Task Chains_of_a_prompt_that_another_is_at_are_taken_last()
    {
        await using var ledger = await PlannedAsync(prompts: 3);
        var (first, taken) = await ledger.ClaimAsync(most: 1);
        await using var one = first;
        var (second, others) = await ledger.ClaimAsync(most: 10, besideOthers: false);
        await using var two = second;
        Assert.Equal([0], taken.Select(c => c.Prompt));
        Assert.Equal([1, 1, 2, 2], others.Select(c => c.Prompt));
        var (third, none) = await ledger.ClaimAsync(most: 10, besideOthers: false);
        await using var three = third;
        Assert.Empty(none);
        Assert.Equal([0], (await ledger.Session.Leases.ClaimAsync(three.Number, new(), 10, besideOthers: true, None)).Select(c => c.Prompt));
    }

    [Fact]
    public async Task Workers_that_claim_together_share_no_prompt_while_there_are_enough()
    {
        await using var ledger = await PlannedAsync(prompts: 200);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ledger.ClaimAsync(most: 20, besideOthers: false)));
        var prompts = claims.SelectMany(c => c.Chains.Select(chain => (c.Worker.Number, chain.Prompt))).Distinct().ToList();
        Assert.Equal(prompts.Count, prompts.DistinctBy(p => p.Prompt).Count());
        Assert.All(claims, c => Assert.Equal(20, c.Chains.Count));
        foreach (var (worker, _) in claims)
        {
            await worker.DisposeAsync();
        }
    }

    [Fact]
    public async Task Of_a_sweep_with_a_parked_arm_the_other_arms_are_claimed()
    {
        await using var ledger = await PlannedAsync();
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan("other"), None);
        var scope = new WorkScope { Parked = [new(LedgerFixture.Plan().Id, 1), new(Guid.NewGuid(), null)] };
        Assert.Equal(6, (await ledger.Session.Leases.FreeChainsAsync(scope, 100, None)).Count);
        var (worker, chains) = await ledger.ClaimAsync(scope: scope);
        await using var _ = worker;
        Assert.Equal(4, chains.Count(c => c.Sweep == LedgerFixture.Plan("other").Id));
        Assert.Equal([0, 0], chains.Where(c => c.Sweep == LedgerFixture.Plan().Id).Select(c => c.Arm));
    }

    [Fact]
    public async Task A_worker_that_leaves_gives_back_what_it_held()
    {
        await using var ledger = await PlannedAsync();
        var (worker, taken) = await ledger.ClaimAsync();
        await worker.DisposeAsync();
        var (next, chains) = await ledger.ClaimAsync();
        await using var _ = next;
        Assert.Equal(taken.Count, chains.Count);
        await using var tables = new LedgerContext(ledger.Session.Source);
        Assert.NotNull((await tables.Workers.SingleAsync(w => w.Number == worker.Number)).EndedAt);
    }

    [Theory]
    [InlineData(SweepState.Paused)]
    [InlineData(SweepState.Cancelled)]
    public async Task A_sweep_that_does_not_run_is_not_claimed_and_what_is_held_of_it_is_let_go(string state)
    {
        await using var ledger = await PlannedAsync();
        var sweep = LedgerFixture.Plan().Id;
        var (worker, _) = await ledger.ClaimAsync(most: 2);
        await using var __ = worker;
        await ledger.Session.Sweeps.SetStateAsync(sweep, state, None);
        await ledger.Session.Sweeps.SetStateAsync(sweep, state, None);
        Assert.Empty((await ledger.ClaimAsync()).Chains);
        Assert.True(await RenewAsync(ledger, worker));
        Assert.Empty(await ledger.Session.Leases.HeldAsync(worker.Number, None));
        await ledger.Session.Sweeps.SetStateAsync(sweep, SweepState.Running, None);
        Assert.Equal(2, (await ledger.Session.Leases.HeldAsync(worker.Number, None)).Count);
    }

    [Fact]
    public async Task New_work_and_changed_sweeps_are_heard()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        using var heard = new SemaphoreSlim(0);
        await using var worker = await WorkerSession.OpenAsync(
            ledger.Session.Source, new(1), LedgerFixture.Lease, () => heard.Release(), None);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), None);
        Assert.True(await heard.WaitAsync(TimeSpan.FromSeconds(10)));
        await ledger.Session.Sweeps.SetStateAsync(LedgerFixture.Plan().Id, SweepState.Paused, None);
        Assert.True(await heard.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_failed_chain_is_opened_again_only_when_asked_for()
    {
        await using var ledger = await PlannedAsync(prompts: 1);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using (var writer = ledger.Writer())
        {
            await writer.FailAsync(chains[0].Id, chains[0].Epoch, "the judge is away");
        }

        Assert.Equal(new ScopeCounts(2, 0, 1, 1, 0), await ledger.Session.Leases.CountAsync(new(), None));
        await ledger.Session.Leases.RetryFailedAsync(new(), None);
        Assert.Equal(chains[0].Id, Assert.Single((await ledger.ClaimAsync()).Chains).Id);
    }

    private static Task<bool> RenewAsync(LedgerFixture ledger, WorkerSession worker) =>
        ledger.Session.Leases.RenewAsync(worker.Number, LedgerFixture.Lease, """{"version":"1"}""", None);

    private static Task<bool> EndSessionAsync(LedgerFixture ledger, int worker) => ledger.ScalarAsync<bool>(
        $"SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = {worker}");

    private async Task<LedgerFixture> PlannedAsync(int prompts = 2)
    {
        var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(prompts: prompts), None);
        return ledger;
    }
}

using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

/// <summary>Leases of chains that somebody chooses for a worker, and of workers that their peers have found dead.</summary>
public sealed class ChosenLeaseTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly TimeSpan Lease = LedgerFixture.Lease;

    [Fact]
    public async Task Of_the_chosen_chains_those_that_are_free_are_given()
    {
        await using var ledger = await PlannedAsync();
        var (first, held) = await ledger.ClaimAsync(most: 1);
        await using var _ = first;
        await using var second = await WorkerSession.OpenAsync(ledger.Session.Source, 4, null, () => { }, CancellationToken.None);
        var plan = LedgerFixture.Plan();
        var free = await ledger.Session.Leases.FreeChainsAsync(new(plan.Id), 1, CancellationToken.None);
        var chosen = Assert.Single(free.Select(c => Identity.OfChain(plan.Id, c.Arm, c.Prompt, c.Replicate)));
        Assert.NotEqual(held[0].Id, chosen);
        var given = await ledger.Session.Leases.ClaimAsync(second.Number, [held[0].Id, chosen], Lease, CancellationToken.None);
        Assert.Equal((chosen, 1), (Assert.Single(given).Id, given[0].Epoch));
    }

    [Fact]
    public async Task Chains_that_could_be_claimed_come_in_the_order_of_claims()
    {
        await using var ledger = await PlannedAsync();
        var sweep = LedgerFixture.Plan().Id;
        var free = await ledger.Session.Leases.FreeChainsAsync(new(sweep), 1000, CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        Assert.Equal(chains.Select(c => new FreeChain(c.Arm, c.Prompt, c.Replicate)), free);
        Assert.Empty(await ledger.Session.Leases.FreeChainsAsync(new(sweep), 1000, CancellationToken.None));
    }

    [Theory]
    [InlineData("Dead", null, true)]
    [InlineData("Active", null, false)]
    [InlineData("Dead", "Active", false)] // the process has come back under its name
    public async Task A_silo_found_dead_loses_its_chains_though_its_session_lives(string one, string? another, bool loses)
    {
        await using var ledger = await PlannedAsync();
        var (worker, chains) = await ledger.ClaimAsync(most: 2);
        await using var _ = worker;
        await ledger.ScalarAsync<string>("INSERT INTO reflectdit.silo_clusters (cluster) VALUES ('test') RETURNING cluster");
        await AddSiloAsync(ledger, "127.0.0.1:1@1", one);
        if (another is not null)
            await AddSiloAsync(ledger, "127.0.0.1:1@2", another);
        await ledger.Session.Leases.FreeDeadSilosAsync(CancellationToken.None);
        var held = await ledger.Session.Leases.RenewAsync(worker.Number, Lease, CancellationToken.None);
        Assert.Equal(loses ? 0 : chains.Count, held.Count);
    }

    private static Task<string> AddSiloAsync(LedgerFixture ledger, string address, string status) => ledger.ScalarAsync<string>(
        $"""
        INSERT INTO reflectdit.silos VALUES ('test', '{address}', gen_random_uuid(),
            '{Environment.MachineName}-{Environment.ProcessId}', 'host', '{status}', 0, ARRAY[]::text[],
            ARRAY[]::timestamptz[], now(), now())
        RETURNING address
        """);

    private async Task<LedgerFixture> PlannedAsync()
    {
        var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), CancellationToken.None);
        return ledger;
    }
}

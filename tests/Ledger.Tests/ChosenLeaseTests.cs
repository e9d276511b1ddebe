using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

/// <summary>Leases of chains that somebody chooses for a worker, and of workers that their peers have found dead.</summary>
public sealed class ChosenLeaseTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Of_the_chosen_chains_those_that_are_free_are_given()
    {
        await using var ledger = await PlannedAsync();
        var (first, held) = await ledger.ClaimAsync(most: 1);
        await using var _ = first;
        await using var second = await WorkerSession.OpenAsync(
            ledger.Session.Source, new(4), LedgerFixture.Lease, () => { }, CancellationToken.None);
        var plan = LedgerFixture.Plan();
        var free = await ledger.Session.Leases.FreeChainsAsync(new(plan.Id), 1, CancellationToken.None);
        var chosen = Assert.Single(free.Select(c => Identity.OfChain(plan.Id, c.Arm, c.Prompt, c.Replicate)));
        Assert.NotEqual(held[0].Id, chosen);
        var given = await ledger.Session.Leases.ClaimAsync(second.Number, [held[0].Id, chosen], role: null, CancellationToken.None);
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
        Assert.Equal(chains.Select(c => new FreeChain(c.Arm, c.Prompt, c.Replicate, ChainRole.Generate, c.Epoch - 1)), free);
        Assert.Empty(await ledger.Session.Leases.FreeChainsAsync(new(sweep), 1000, CancellationToken.None));
    }

    [Theory]
    [InlineData("127.0.0.1:1@1", true)]
    [InlineData("127.0.0.1:1@2", false)] // the process has come back as another silo
    [InlineData(null, false)]
    public async Task A_worker_whose_silo_was_found_dead_is_ended_though_its_session_lives(string? silo, bool ends)
    {
        await using var ledger = await PlannedAsync();
        var (worker, chains) = await ledger.ClaimAsync(most: 2, silo: silo);
        await using var _ = worker;
        await ledger.ScalarAsync<string>("INSERT INTO reflectdit.silo_clusters (cluster) VALUES ('test') RETURNING cluster");
        await AddSiloAsync(ledger, "127.0.0.1:1@1", "Dead");
        await AddSiloAsync(ledger, "127.0.0.1:1@2", "Active");
        Assert.Equal(ends ? [worker.Number] : [], await ledger.EndLostWorkersAsync());
        var held = await ledger.Session.Leases.HeldAsync(worker.Number, CancellationToken.None);
        Assert.Equal(ends ? 0 : chains.Count, held.Count);
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

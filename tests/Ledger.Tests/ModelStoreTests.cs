using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public sealed class ModelStoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ModelConfiguration Model = LedgerFixture.Model.Model;

    [Fact]
    public async Task A_model_is_bound_to_the_first_digest_whoever_says_it_and_to_no_other()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, None);
        string[] digests = [.. "0123456789abcdef".Select(c => new string(c, 64))];
        var bound = await Task.WhenAll(digests.Select(d => ledger.Session.Models.BindAsync(plan.Id, Model, d, None)));
        var one = Assert.Single(bound.Distinct());
        Assert.Contains(one, digests);
        Assert.Equal(one, await ledger.Session.Models.BindAsync(plan.Id, Model, new('f', 64), None));
    }

    [Fact]
    public async Task A_newer_plan_moves_and_renames_a_model_and_keeps_its_digest()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        var plan = LedgerFixture.Plan();
        await ledger.Session.Sweeps.PlanAsync(plan, None);
        var digest = await ledger.Session.Models.BindAsync(plan.Id, Model, new('a', 64), None);
        var moved = new NamedModel("renamed", Model, new() { Path = "/elsewhere", MemoryGib = 2.5 });
        await ledger.Session.Sweeps.PlanAsync(plan with { Models = [moved] }, None);
        Assert.Equal(
            [("renamed", Model.Identity, moved.Placement)],
            (await ledger.Session.Models.OfSweepAsync(plan.Id, None)).Select(m => (m.Name, m.Model.Identity, m.Placement)));
        Assert.Equal(digest, await ledger.Session.Models.BindAsync(plan.Id, Model, new('b', 64), None));
    }

    [Fact]
    public async Task Sweeps_bind_a_model_each_for_itself()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        foreach (var (name, digest) in new[] { ("one", new string('a', 64)), ("two", new string('b', 64)) })
        {
            var plan = LedgerFixture.Plan(name);
            await ledger.Session.Sweeps.PlanAsync(plan, None);
            Assert.Equal(digest, await ledger.Session.Models.BindAsync(plan.Id, Model, digest, None));
        }
    }
}

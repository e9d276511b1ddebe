using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Tests.Browser;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Tests.Pages;

[Collection(nameof(ShownDashboard))]
public sealed class ChainStoreTests(ShownDashboard shown)
{
    private readonly ChainStore _chains = new(shown.Ledger.Session);

    [Fact]
    public async Task A_chain_that_is_done_and_scored_is_read_once()
    {
        var sweep = await shown.Ledger.Session.Sweeps.FindAsync(shown.Ledger.Odd, CancellationToken.None);
        var first = await ReadAsync(sweep, sweep.ScorerId);
        Assert.NotEmpty(first.Attempts);
        Assert.Same(first, await ReadAsync(sweep, sweep.ScorerId));
    }

    [Fact]
    public async Task Scores_of_another_scorer_are_not_taken_for_known()
    {
        var sweep = await shown.Ledger.Session.Sweeps.FindAsync(shown.Ledger.Odd, CancellationToken.None);
        Assert.All((await ReadAsync(sweep, sweep.ScorerId)).Attempts, a => Assert.NotNull(a.Score));
        var none = Guid.NewGuid();
        var unscored = await ReadAsync(sweep, none);
        Assert.All(unscored.Attempts, a => Assert.Null(a.Score));
        Assert.NotSame(unscored, await ReadAsync(sweep, none)); // they may still come
    }

    /// <summary>A failed one may be opened again.</summary>
    [Fact]
    public async Task A_chain_that_may_change_is_read_again()
    {
        var sweep = await shown.Ledger.Session.Sweeps.FindAsync(shown.Ledger.Odd, CancellationToken.None);
        var failed = await ReadAsync(sweep, sweep.ScorerId, prompt: 2);
        Assert.Equal(ChainState.Failed, failed.Row.State);
        Assert.NotSame(failed, await ReadAsync(sweep, sweep.ScorerId, prompt: 2));
    }

    [Fact]
    public async Task Chains_come_in_order_whether_they_are_known_or_not_and_those_that_are_not_there_are_left_out()
    {
        var sweep = await shown.Ledger.Session.Sweeps.FindAsync(shown.Ledger.Odd, CancellationToken.None);
        await ReadAsync(sweep, sweep.ScorerId, prompt: 3);
        var all = await _chains.ReadAsync(sweep.Id, [(1, 4, 0), (0, 3, 0), (1, 3, 0), (0, 99, 0)], sweep.ScorerId, CancellationToken.None);
        Assert.Equal([(0, 3), (1, 3), (1, 4)], all.Select(c => (c.Row.Arm, c.Row.Prompt)));
    }

    private async Task<ShownChain> ReadAsync(SweepRow sweep, Guid? scorer, int prompt = 3) =>
        Assert.Single(await _chains.ReadAsync(sweep.Id, [(1, prompt, 0)], scorer, CancellationToken.None));
}

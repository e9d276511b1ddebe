using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Tests.Browser;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Tests.Pages;

[Collection(nameof(ShownDashboard))]
public sealed class SweepFactsTests(ShownDashboard shown)
{
    private readonly LedgerSession _session = shown.Ledger.Session;

    [Fact]
    public async Task Chains_are_counted_once_a_change()
    {
        var version = 1;
        var clock = new Clock();
        var sweeps = new SweepFactsCache(_session, () => version, clock);
        var first = await sweeps.GetAsync(shown.Ledger.Demo, null);
        Assert.False(first.IsOpen);
        clock.Now += TimeSpan.FromHours(1);
        Assert.Same(first, await sweeps.GetAsync(shown.Ledger.Demo, null));
        version++;
        Assert.NotSame(first, await sweeps.GetAsync(shown.Ledger.Demo, null));
    }

    /// <summary>That a chain is taken is told to nobody.</summary>
    [Fact]
    public async Task Chains_of_an_open_sweep_are_counted_again_after_a_while()
    {
        var chain = $"(SELECT min(id::text) FROM reflectdit.chains WHERE sweep_id::text LIKE '{shown.Ledger.Odd}%' AND state = 'failed')";
        var failure = await shown.Ledger.ScalarAsync<string>($"SELECT failure FROM reflectdit.chains WHERE id::text = {chain}");
        var id = await shown.Ledger.ScalarAsync<string>($"SELECT {chain}");
        await shown.Ledger.ExecuteAsync($"UPDATE reflectdit.chains SET state = 'open', failure = NULL WHERE id = '{id}'");
        try
        {
            var clock = new Clock();
            var sweeps = new SweepFactsCache(_session, () => 1, clock);
            var first = await sweeps.GetAsync(shown.Ledger.Odd, null);
            Assert.True(first.IsOpen);
            Assert.Same(first, await sweeps.GetAsync(shown.Ledger.Odd, null));
            clock.Now += TimeSpan.FromSeconds(3);
            Assert.NotSame(first, await sweeps.GetAsync(shown.Ledger.Odd, null));
        }
        finally
        {
            // As it was, for the other tests.
            await shown.Ledger.ExecuteAsync(
                $"UPDATE reflectdit.chains SET state = 'failed', failure = '{failure.Replace("'", "''", StringComparison.Ordinal)}' WHERE id = '{id}'");
        }
    }

    [Fact]
    public async Task A_sweep_that_is_not_there_is_asked_for_again()
    {
        var sweeps = new SweepFactsCache(_session, () => 1, TimeProvider.System);
        await Assert.ThrowsAsync<SweepNotFoundException>(() => sweeps.GetAsync("none of them", null));
        var planned = shown.Ledger.Four;
        var name = await shown.Ledger.ScalarAsync<string>($"SELECT name FROM reflectdit.sweeps WHERE id::text LIKE '{planned}%'");
        await shown.Ledger.ExecuteAsync($"UPDATE reflectdit.sweeps SET name = 'none of them' WHERE id::text LIKE '{planned}%'");
        try
        {
            Assert.Equal(planned, (await sweeps.GetAsync("none of them", null)).Key);
        }
        finally
        {
            await shown.Ledger.ExecuteAsync($"UPDATE reflectdit.sweeps SET name = '{name}' WHERE id::text LIKE '{planned}%'");
        }
    }

    [Fact]
    public async Task What_is_shown_of_a_sweep_that_has_ended_is_made_anew_after_its_last_change_and_says_so_until_then()
    {
        var snapshots = new SweepSnapshots(_session, null);
        var before = await new SweepFactsCache(_session, () => 1, TimeProvider.System).GetAsync(shown.Ledger.Demo, null);
        var first = (await snapshots.GetAsync(before, Timeout.InfiniteTimeSpan))!;
        Assert.False(first.IsBehind(before));

        var after = before with { Version = $"{before.Version} and more" };
        Assert.True(first.IsBehind(after));
        Assert.False(first.IsBehind(after with { IsOpen = true }));
        var shownNow = (await snapshots.GetAsync(after, Timeout.InfiniteTimeSpan))!;
        while (shownNow.IsBehind(after))
        {
            await Task.Yield();
            shownNow = (await snapshots.GetAsync(after, Timeout.InfiniteTimeSpan))!;
        }

        Assert.NotSame(first, shownNow);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

using System.Diagnostics;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Tests.Browser;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Tests.Hosting;

/// <summary>Those who watch take a small share of the database, whoever they are and however much changes.</summary>
[Collection(nameof(ShownDashboard))]
public sealed class LedgerChangesTests(ShownDashboard shown)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly LedgerSession _session = shown.Ledger.Session;

    [Fact]
    public async Task The_more_a_look_has_cost_the_later_the_next_change_is_told()
    {
        var spent = TimeSpan.Zero;
        var clock = Stopwatch.StartNew();
        await using var changes = new LedgerChanges(_session, () => spent);
        using var patience = new CancellationTokenSource(Patience);
        var first = await changes.AfterAsync(0, patience.Token);
        spent = TimeSpan.FromMilliseconds(60);
        _session.Changes.Touch();
        await changes.AfterAsync(first, patience.Token);
        Assert.InRange(clock.Elapsed, 33 * spent, Patience); // at most 3% of the time
    }

    [Fact]
    public async Task One_look_that_stalls_holds_up_nobody()
    {
        var spent = TimeSpan.Zero;
        await using var changes = new LedgerChanges(_session, () => spent);
        using var patience = new CancellationTokenSource(Patience);
        for (var version = await changes.AfterAsync(0, patience.Token); version < 8; version = await changes.AfterAsync(version, patience.Token))
            _session.Changes.Touch();
        spent = TimeSpan.FromSeconds(10);
        var (clock, before) = (Stopwatch.StartNew(), changes.Version);
        _session.Changes.Touch();
        await changes.AfterAsync(before, patience.Token);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20)); // alone, 30
    }

    [Fact]
    public async Task What_somebody_changes_here_is_told_at_once()
    {
        var spent = TimeSpan.Zero;
        await using var changes = new LedgerChanges(_session, () => spent);
        using var patience = new CancellationTokenSource(Patience);
        var first = await changes.AfterAsync(0, patience.Token);
        spent = TimeSpan.FromDays(1);
        changes.Tell();
        Assert.Equal(first + 1, changes.Version);
    }

    [Fact]
    public async Task A_look_costs_what_the_database_does_for_it_and_not_what_it_does_in_the_background()
    {
        using var time = new DatabaseTime();
        var background = new Background<object>(async (_, _) => await WorkAsync(), mostShare: 1);
        await LookAsync();
        var spent = time.Spent;
        Assert.InRange(spent, TimeSpan.FromSeconds(0.2), Patience); // pg_sleep's
        await WorkAsync();
        Assert.Equal(spent, time.Spent);

        async Task LookAsync()
        {
            DatabaseTime.ChargedTo(time);
            await WorkAsync();
            var own = time.Spent;
            Assert.NotNull(await background.GetAsync("first", Patience));
            Assert.Equal(own, time.Spent);
        }
    }

    /// <summary>It is the way to the database, and waiting for a processor here.</summary>
    [Fact]
    public async Task What_a_query_takes_that_asks_for_nothing_is_no_work()
    {
        using var time = new DatabaseTime();
        await _session.Source.CreateCommand("SELECT 1").ExecuteScalarAsync(); // connects
        var took = TimeSpan.Zero;
        for (var i = 0; i < 1000; i++)
        {
            await time.MeasureWayAsync(_session.Source);
            var clock = Stopwatch.StartNew();
            await AskAsync("SELECT 1");
            took += clock.Elapsed;
        }

        Assert.InRange(time.Spent, -took / 2, took / 2);
        var before = time.Spent;
        await AskAsync("SELECT 1 FROM pg_sleep(0.2)");
        Assert.InRange(time.Spent - before, TimeSpan.FromSeconds(0.1), Patience);

        async Task AskAsync(string sql)
        {
            DatabaseTime.ChargedTo(time);
            await using var command = _session.Source.CreateCommand(sql);
            await command.ExecuteScalarAsync();
        }
    }

    private async Task<object> WorkAsync()
    {
        await using var command = _session.Source.CreateCommand("SELECT 1 FROM pg_sleep(0.2)");
        return (await command.ExecuteScalarAsync())!;
    }
}

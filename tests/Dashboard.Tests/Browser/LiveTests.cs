using System.Diagnostics;
using System.Net;
using ReflectDiT.Eval.Dashboard.Hosting;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Dashboard.Tests.Browser;

[Collection(nameof(ShownDashboard))]
public sealed class LiveTests(ShownDashboard shown)
{
    /// <summary>Of a page on a machine that does something else too; a quiet one needs a tenth.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_change_is_on_the_page_by_itself_and_a_paused_page_stays_as_it_is()
    {
        await using var window = await shown.OpenAsync();
        var page = window.Page;
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Odd}/arms/1/prompts/2");
        await window.UntilAsync("document.getElementById('live').textContent === 'live'");

        await FeedbackAsync("first words");
        await window.UntilAsync("document.getElementById('attempts').textContent.includes('first words')");

        await page.Keyboard.PressAsync("p");
        Assert.Equal("paused", await window.TextAsync("#live"));
        await FeedbackAsync("second words");
        using (var client = shown.Client())
        {
            var waited = Stopwatch.StartNew();
            while (!(await client.GetStringAsync($"/sweeps/{shown.Ledger.Odd}/arms/1/prompts/2")).Contains("second words", StringComparison.Ordinal))
                Assert.True(waited.Elapsed < Patience);
        }

        Assert.DoesNotContain("second words", await window.TextAsync("#attempts"), StringComparison.Ordinal);
        await page.Keyboard.PressAsync("p");
        await window.UntilAsync("document.getElementById('attempts').textContent.includes('second words')");
        Assert.Empty(window.Complaints);

        // Of a chain that failed, and so may change.
        async Task FeedbackAsync(string words)
        {
            await shown.Ledger.ExecuteAsync($"""
                UPDATE reflectdit.judgements SET text = '{words}' WHERE id = (SELECT judgement_id FROM reflectdit.attempts a
                    JOIN reflectdit.chains c ON c.id = a.chain_id WHERE c.sweep_id::text LIKE '{shown.Ledger.Odd}%' AND c.prompt = 2 AND c.arm = 1
                        AND c.replicate = 0 AND a.index = 0)
                """);
            shown.Ledger.Session.Changes.Touch();
        }
    }

    [Fact]
    public async Task A_page_comes_back_by_itself_when_its_server_does()
    {
        var server = await shown.Ledger.ServeAsync();
        var at = new IPEndPoint(IPAddress.Loopback, server.Address.Port);
        await using var window = await shown.Browser.OpenAsync();
        await window.Page.GotoAsync(server.Address.ToString());
        await window.UntilAsync("document.getElementById('live')?.textContent === 'live'");
        await server.DisposeAsync();
        await window.UntilAsync("document.getElementById('live').textContent !== 'live'");

        await using var again = await shown.Ledger.ServeAsync(shown.Ledger.Options() with { At = at });
        await window.UntilAsync("document.getElementById('live').textContent === 'live'");
    }

    [Fact]
    public async Task Pages_come_back_by_themselves_when_the_database_does()
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-dashboard-").FullName;
        await using var session = await LedgerSession.OpenAsync(folder, null, CancellationToken.None);
        await using var server = await DashboardServer.StartAsync(
            await LedgerSession.OpenExistingAsync(folder, null, CancellationToken.None, readOnly: true), null,
            new(new(IPAddress.Loopback, 0), Path.Combine(folder, "dashboard")), null, CancellationToken.None);
        await using var window = await shown.Browser.OpenAsync();
        await window.Page.GotoAsync(server.Address.ToString());
        await window.UntilAsync("document.getElementById('live')?.textContent === 'live'");
        try
        {
            await PrivateServer.StopAsync(folder);
            await window.Page.GotoAsync(new Uri(server.Address, "/workers").ToString());
            Assert.Equal("The database is away", await window.TextAsync("h1"));
            await PrivateServer.EnsureStartedAsync(folder);
            await window.UntilAsync("document.querySelector('h1').textContent === 'Workers'");
        }
        finally
        {
            await PrivateServer.StopAsync(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task However_many_changes_there_are_few_signals_tell_them()
    {
        await using var changes = new Data.LedgerChanges(await LedgerSession.OpenExistingAsync(
            shown.Ledger.Folder, shown.Ledger.Database, CancellationToken.None, readOnly: true), () => TimeSpan.Zero);
        using var patience = new CancellationTokenSource(Patience);
        var first = await changes.AfterAsync(0, patience.Token);

        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < 2 * ChangeSignal.Pause)
            shown.Ledger.Session.Changes.Touch();
        var heard = await changes.AfterAsync(first, patience.Token);
        while (watch.Elapsed < 4 * ChangeSignal.Pause)
        {
            using var pause = new CancellationTokenSource(ChangeSignal.Pause);
            try
            {
                heard = await changes.AfterAsync(heard, pause.Token);
            }
            catch (OperationCanceledException)
            {
                // Nothing more.
            }
        }

        Assert.InRange(heard - first, 1, 1 + (watch.Elapsed / ChangeSignal.Pause));
    }
}

using System.Diagnostics;
using System.Text.Json;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace ReflectDiT.Eval.Dashboard.Tests.Browser;

/// <summary>A window that remembers what its page complained of.</summary>
public sealed class Window : IAsyncDisposable
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>On a machine that does much else; a quiet one needs a tenth.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(40);

    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    public Window(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _complaints.Add($"{page.Url}: {message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Add($"{page.Url}: {error}");
        page.Dialog += (_, dialog) =>
        {
            _complaints.Add($"{page.Url}: dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.SetDefaultTimeout((float)Patience.TotalMilliseconds);
    }

    public IPage Page { get; }

    /// <summary>Of which a test expects none, or says which.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>Opens a page and waits until it has all that was computed for it.</summary>
    public async Task GoAsync(string address)
    {
        await Page.GotoAsync(address);
        await UntilAsync("document.body.dataset.unfinished === undefined && !document.querySelector('.wait')");
    }

    /// <summary>Waits until something is so, of a page that is there whole, with its script at work. Playwright's own way makes a script of text, which the pages' policy forbids.</summary>
    /// <param name="expression">Of JavaScript; a page that is on its way to another says nothing.</param>
    public async Task UntilAsync(string expression)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(Poll))
        {
            try
            {
                if (await Page.EvaluateAsync<bool>($"document.readyState === 'complete' && ({expression})"))
                    return;
            }
            catch (PlaywrightException e) when (e.Message.Contains("context was destroyed", StringComparison.Ordinal))
            {
                // It is loaded anew.
            }

            Assert.True(waited.Elapsed < Patience, $"{Page.Url}: in vain waited for: {expression}");
        }
    }

    /// <summary>Waits until the page is that of an address.</summary>
    /// <param name="pattern">Of JavaScript, for a part of the address.</param>
    public Task ReachAsync(string pattern) =>
        UntilAsync($"new RegExp({JsonSerializer.Serialize(pattern)}).test(location.href)");

    /// <summary>What is wrong with the page as it is: accessibility, complaints, and parts wider than the window.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync()
    {
        // Of another world than the page's: its policy forbids what is not its own.
        await Page.EvaluateAsync(Axe);
        var violations = await Page.EvaluateAsync<JsonElement>(
            "async () => (await axe.run({ resultTypes: ['violations'], preload: false })).violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' -> ' + n.failureSummary).join('\\n'))");
        var wide = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        return
        [
            .. violations.EnumerateArray().Select(v => $"{Page.Url}: {v.GetString()}"),
            .. wide > 0 ? [$"{Page.Url}: {wide} px wider than the window"] : (string[])[],
            .. _complaints,
        ];
    }

    public Task<string> TextAsync(string selector) => Page.InnerTextAsync(selector);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}

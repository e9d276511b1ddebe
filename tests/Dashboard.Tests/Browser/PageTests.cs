namespace ReflectDiT.Eval.Dashboard.Tests.Browser;

[Collection(nameof(ShownDashboard))]
public sealed class PageTests(ShownDashboard shown)
{
    private IReadOnlyList<string> Pages =>
    [
        "/", "/?q=demo", "/workers",
        $"/sweeps/{shown.Ledger.Demo}", $"/sweeps/{shown.Ledger.Demo}?axis=money", $"/sweeps/{shown.Ledger.Four}", $"/sweeps/{shown.Ledger.Odd}",
        $"/sweeps/{shown.Ledger.Demo}/prompts?show=flipped&sort=difficulty", $"/sweeps/{shown.Ledger.Odd}/prompts",
        $"/sweeps/{shown.Ledger.Demo}/arms/1/prompts/0", $"/sweeps/{shown.Ledger.Odd}/arms/1/prompts/0/replicates/1",
        $"/sweeps/{shown.Ledger.Demo}/compare", $"/sweeps/{shown.Ledger.Demo}/compare?view=slider", $"/sweeps/{shown.Ledger.Four}/compare?arms=0,1,3&show=all",
        $"/sweeps/{shown.Ledger.Odd}/compare?show=all", "/sweeps/nothing", "/elsewhere",
        "/studies", $"/studies/{Uri.EscapeDataString(shown.Ledger.OddStudy)}", shown.Ledger.OddRater,
    ];

    [Theory]
    [InlineData(360, true)]
    [InlineData(1920, false)]
    public async Task Every_page_fits_its_window_is_accessible_and_complains_of_nothing(int width, bool dark)
    {
        await using var window = await shown.OpenAsync(width, dark);
        var faults = new List<string>();
        foreach (var page in Pages)
        {
            await window.GoAsync(shown.Root + page);
            faults.AddRange(await window.FaultsAsync());
        }

        // The browser itself says aloud that these are not there.
        faults.RemoveAll(f => f.Contains("status of 404", StringComparison.Ordinal));
        Assert.True(faults.Count == 0, string.Join("\n\n", faults.Distinct()));
    }

    [Fact]
    public async Task A_sweep_says_its_verdict_and_that_it_is_simulated_in_words_and_both_meanings_of_overall()
    {
        await using var window = await shown.OpenAsync();
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}");

        Assert.Matches("Reflect-DiT .* SANA-1.0 .*95%.*over 120 prompts", await window.TextAsync("#verdict"));
        Assert.Contains("SIMULATED", await window.TextAsync("#scores"), StringComparison.Ordinal);
        var heads = await window.TextAsync("#scores thead");
        Assert.Contains("mean over prompts", heads, StringComparison.Ordinal);
        Assert.Contains("mean over categories", heads, StringComparison.Ordinal);
        await window.Page.ClickAsync("#curves .picks >> text=function evaluations");
        await window.ReachAsync("axis=function-evaluations$");
        await window.UntilAsync("document.querySelector('#curves .plot')?.textContent.includes('function evaluations a prompt')");
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Four}");
        Assert.Contains("ORACLE", await window.TextAsync("#scores"), StringComparison.Ordinal);
        await window.Page.ClickAsync("#curves summary");
        Assert.Contains("pass@k", await window.TextAsync("#curves table"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_are_in_the_address_and_back_goes_back_all_in_one_document()
    {
        await using var window = await shown.OpenAsync();
        var page = window.Page;
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}/prompts");
        Assert.Contains("120 of demo", await window.TextAsync("h1"), StringComparison.Ordinal);
        await page.EvaluateAsync("document.firstElementChild.dataset.test = 'stays'");

        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("photo of a");
        await page.SelectOptionAsync("select[name=show]", "disagree");
        await page.ClickAsync(".filters button");
        await window.ReachAsync("show=disagree");
        Assert.Contains("q=photo", page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain("120 of demo", await window.TextAsync("h1"), StringComparison.Ordinal);
        Assert.Equal("photo of a", await page.InputValueAsync("input[name=q]"));
        await page.GoBackAsync();
        await window.UntilAsync("document.querySelector('h1').textContent.includes('120 of demo')");
        await page.Keyboard.PressAsync("l");
        await window.ReachAsync("page=2$");
        await page.Keyboard.PressAsync("h");
        await window.ReachAsync("/prompts$");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("k");
        Assert.Equal(await page.Locator("[data-row]").First.TextContentAsync(), await page.EvaluateAsync<string>("document.activeElement.textContent"));
        await page.Keyboard.PressAsync("Enter");
        await window.ReachAsync("/compare\\?");
        Assert.Equal("live", await window.TextAsync("#live"));
        Assert.Equal("stays", await page.EvaluateAsync<string>("document.firstElementChild.dataset.test"));
    }

    [Fact]
    public async Task A_chain_shows_what_went_in_what_was_said_and_the_boxes_when_they_are_asked_for()
    {
        await using var window = await shown.OpenAsync();
        var page = window.Page;
        var prompt = await shown.Ledger.ScalarAsync<int>($"""
            SELECT c.prompt FROM reflectdit.chains c JOIN reflectdit.context_items i ON i.chain_id = c.id
            WHERE c.sweep_id::text LIKE '{shown.Ledger.Demo}%' AND c.arm = 1 AND i.attempt = 2
                AND EXISTS (SELECT FROM reflectdit.attempt_scores s WHERE s.chain_id = c.id AND s.passed) ORDER BY c.prompt LIMIT 1
            """);
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}/arms/1/prompts/{prompt}");

        Assert.Matches("(?s)Context.*attempt 0 judge “.+”", await window.TextAsync("#a2"));
        Assert.Contains("none: drawn from the prompt alone", await window.TextAsync("#a0"), StringComparison.Ordinal);
        Assert.Matches("Scorer\\s+(passes|fails: .+)", await window.TextAsync("#a0"));
        Assert.False(await page.Locator("svg.boxes").First.IsVisibleAsync());
        await page.Keyboard.PressAsync("b");
        Assert.True(await page.Locator("svg.boxes").First.IsVisibleAsync());

        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await window.ReachAsync("#a1$");
        await page.Keyboard.PressAsync("ArrowLeft");
        await window.ReachAsync("#a0$");
        await page.Keyboard.PressAsync("j");
        await window.ReachAsync($"/prompts/{prompt + 1}$");
        await page.Keyboard.PressAsync("k");
        await window.ReachAsync($"/prompts/{prompt}$");
        await page.Keyboard.PressAsync("c");
        await window.ReachAsync($"/compare\\?.*prompt={prompt}$");
    }

    [Fact]
    public async Task Keys_are_listed_by_a_key()
    {
        await using var window = await shown.OpenAsync();
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}/compare");
        await window.Page.Keyboard.PressAsync("?");
        Assert.Contains("next flip", await window.TextAsync("#keys"), StringComparison.Ordinal);
        await window.Page.Keyboard.PressAsync("Escape");
        Assert.False(await window.Page.Locator("#keys").IsVisibleAsync());
    }

    [Fact]
    public async Task Names_and_words_of_others_are_text_and_nothing_else()
    {
        await using var window = await shown.OpenAsync();
        foreach (var page in Pages.Where(p => p.Contains(shown.Ledger.Odd, StringComparison.Ordinal)).Append("/workers").Append("/")
            .Append("/studies").Append($"/studies/{Uri.EscapeDataString(shown.Ledger.OddStudy)}").Append(shown.Ledger.OddRater))
        {
            await window.GoAsync(shown.Root + page);
            Assert.Equal(0, await window.Page.Locator("main img[src=x], main script, main b:text('owls')").CountAsync());
        }

        await window.GoAsync($"{shown.Root}/workers");
        Assert.Contains(DemoLedger.Hostile, await window.TextAsync("#failures"), StringComparison.Ordinal);
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Odd}/arms/0/prompts/0");
        Assert.Contains("<script>alert(3)</script>", await window.TextAsync(".head"), StringComparison.Ordinal);
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Odd}/arms/0/prompts/4");
        Assert.Contains("\\u202e", await window.TextAsync("h1"), StringComparison.Ordinal);
        Assert.Empty(window.Complaints);
    }
}

using System.Text.Json;
using Microsoft.Playwright;

namespace ReflectDiT.Eval.Dashboard.Tests.Browser;

[Collection(nameof(ShownDashboard))]
public sealed class CompareTests(ShownDashboard shown)
{
    [Fact]
    public async Task Discordant_prompts_come_first_and_their_counts_are_those_of_the_ledger()
    {
        var (b, c) = (await FlipsAsync(1, 0), await FlipsAsync(0, 1));
        Assert.True(b > 0 && b + c > 1, "a demo without flips shows nothing");
        await using var window = await shown.OpenAsync();
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}/compare");

        var picks = await window.TextAsync(".picks");
        Assert.Contains($"all flips: {b + c}", picks, StringComparison.Ordinal);
        Assert.Contains($"or righter: {b}", picks, StringComparison.Ordinal);
        Assert.Contains($"only the second: {c}", picks, StringComparison.Ordinal);
        var marks = await window.Page.Locator("#pairs .who").AllInnerTextsAsync();
        Assert.Equal([.. Enumerable.Repeat("b", (int)b), .. Enumerable.Repeat("c", (int)c)], marks);
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}/compare?show=all");
        Assert.StartsWith(string.Concat(Enumerable.Repeat("b", (int)b)), string.Concat(await window.Page.Locator("#pairs .who").AllInnerTextsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_key_of_the_comparison_does_what_it_says_and_the_view_goes_along()
    {
        await using var window = await shown.OpenAsync();
        var page = window.Page;
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}/compare?show=all");
        var first = await PromptAsync(page);

        await page.Keyboard.PressAsync("2");
        Assert.True(await page.Locator("image-pair.slider input[type=range]").IsVisibleAsync());
        await page.Keyboard.PressAsync("+");
        await window.ReachAsync("zoom=1[.]50");
        await page.Keyboard.PressAsync("j");
        await window.UntilAsync($"document.querySelector('#h-pair').textContent !== {JsonSerializer.Serialize(first)}");
        Assert.Contains("view=slider", page.Url, StringComparison.Ordinal);
        Assert.Contains("zoom=1.50", page.Url, StringComparison.Ordinal);
        Assert.True(await page.Locator("image-pair.slider").IsVisibleAsync());
        await page.Keyboard.PressAsync("k");
        await window.UntilAsync($"document.querySelector('#h-pair').textContent === {JsonSerializer.Serialize(first)}");

        await page.Keyboard.PressAsync("3");
        Assert.Equal("difference", await page.EvaluateAsync<string>("getComputedStyle(document.querySelectorAll('.pane')[1]).mixBlendMode"));
        await page.Keyboard.PressAsync("0");
        await page.Keyboard.PressAsync("1");
        await window.UntilAsync("!/zoom|view/.test(location.search)");

        await page.Keyboard.PressAsync("ArrowLeft");
        await window.ReachAsync("n=3");
        await page.Keyboard.PressAsync("ArrowRight");
        await window.UntilAsync("!location.search.includes('n=3')");
        await page.Keyboard.PressAsync("n");
        await window.UntilAsync($"document.querySelector('#h-pair').textContent !== {JsonSerializer.Serialize(first)}");
        await page.Keyboard.PressAsync("x");
        await window.ReachAsync("arms=0(,|%2C)1");
        Assert.Empty(window.Complaints);
    }

    [Fact]
    public async Task Zoom_and_pan_of_both_sides_are_in_step()
    {
        await using var window = await shown.OpenAsync();
        var page = window.Page;
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Demo}/compare");
        await page.Locator(".pane").First.DblClickAsync();
        await page.Locator(".pane").First.HoverAsync();
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(100, 200);
        await page.Mouse.UpAsync();

        var transforms = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('.pane img')].map(i => getComputedStyle(i).transform)");
        Assert.Equal(2, transforms.Length);
        Assert.Equal(transforms[0], transforms[1]);
        Assert.StartsWith("matrix(3, 0, 0, 3, ", transforms[0], StringComparison.Ordinal);
        Assert.DoesNotContain("matrix(3, 0, 0, 3, 0, 0)", transforms[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Three_arms_are_columns_that_are_chosen_by_a_form()
    {
        await using var window = await shown.OpenAsync();
        await window.GoAsync($"{shown.Root}/sweeps/{shown.Ledger.Four}/compare?show=all");
        await window.Page.CheckAsync("input[name=arm][value='3']");
        await window.Page.ClickAsync(".filters button");
        await window.UntilAsync("document.querySelectorAll('.pane').length === 3");
        Assert.Equal(0, await window.Page.Locator("[data-view]").CountAsync());
        Assert.Contains("ORACLE", await window.TextAsync(".sides"), StringComparison.Ordinal);
    }

    private static Task<string> PromptAsync(IPage page) => page.EvaluateAsync<string>("document.querySelector('#h-pair').textContent");

    /// <summary>Prompts that one arm's shown image passes on, and the other's does not, counted by the database.</summary>
    private Task<long> FlipsAsync(int right, int wrong) => shown.Ledger.ScalarAsync<long>($"""
        SELECT count(*) FROM reflectdit.chains a JOIN reflectdit.chains b ON (a.sweep_id, a.prompt) = (b.sweep_id, b.prompt)
        JOIN reflectdit.attempt_scores sa ON (sa.chain_id, sa.attempt) = (a.id, a.shown)
        JOIN reflectdit.attempt_scores sb ON (sb.chain_id, sb.attempt) = (b.id, b.shown)
        WHERE a.sweep_id::text LIKE '{shown.Ledger.Demo}%' AND a.arm = {right} AND b.arm = {wrong} AND sa.passed AND NOT sb.passed
        """);
}

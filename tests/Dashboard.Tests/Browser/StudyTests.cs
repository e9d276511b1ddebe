using ReflectDiT.Eval.Analysis.Studies;

namespace ReflectDiT.Eval.Dashboard.Tests.Browser;

[Collection(nameof(ShownDashboard))]
public sealed class StudyTests(ShownDashboard shown)
{
    [Theory]
    [InlineData(360, true)]
    [InlineData(1920, false)]
    public async Task A_rater_votes_by_keys_takes_back_goes_on_elsewhere_and_comes_to_an_end(int width, bool dark)
    {
        var name = $"keys {width}";
        var (study, manifest) = await shown.Ledger.AskAsync(shown.Ledger.Demo, name, asked: 5);
        var rater = await shown.Ledger.RaterAsync(study);
        var order = StudyDraws.Order(manifest, "r1");
        Assert.Equal(6, order.Count);
        await using (var window = await shown.Browser.OpenAsync(width, dark)) // no session: a rater has none
        {
            var page = window.Page;
            await window.GoAsync(shown.Root + rater);
            await window.UntilAsync("[...document.images].every(i => i.complete && i.naturalWidth > 0)");
            Assert.Equal(manifest.Pairs[order[0].Pair].Text, await window.TextAsync("h1"));
            Assert.Empty(await window.FaultsAsync());

            // What is looked at closely: a pixel of the image is one of the screen.
            await page.Keyboard.PressAsync("+");
            await window.UntilAsync("location.href.includes('zoom=1.50')");
            await page.Keyboard.PressAsync("f");
            Assert.True(await page.EvaluateAsync<double>(
                "Math.abs(document.querySelector('.pane img').getBoundingClientRect().width / Math.max(document.querySelector('.pane img').clientWidth, document.querySelector('.pane img').naturalWidth) - 1)") < 0.02);
            await page.Keyboard.PressAsync("-");
            await page.Keyboard.PressAsync("w");
            await window.UntilAsync("!location.href.includes('zoom')");

            await PressAsync(window, "1", 1);
            await PressAsync(window, "2", 2);
            await PressAsync(window, "0", 3);
            await PressAsync(window, "u", 2);
            await PressAsync(window, "u", 1);
            await PressAsync(window, "9", 2);
            await PressAsync(window, "0", 3);
        }

        await using (var window = await shown.Browser.OpenAsync(width, dark))
        {
            await window.GoAsync(shown.Root + rater);
            await PressAsync(window, "s", 4);
            await PressAsync(window, "2", 5);
            await PressAsync(window, "1", 6);
            Assert.Contains("answered all pairs", await window.TextAsync(".vote"), StringComparison.Ordinal);
            Assert.Empty(await window.FaultsAsync());
        }

        var votes = await shown.Ledger.Session.Votes.OfStudyAsync(study.Id, CancellationToken.None);
        Assert.Equal(
            [StudyAnswer.Left, StudyAnswer.Bad, StudyAnswer.Tie, StudyAnswer.Skip, StudyAnswer.Right, StudyAnswer.Left], votes.Select(v => v.Answer));
        Assert.Equal(order, votes.Select(v => v.Showing));

        await using var results = await shown.OpenAsync(width, dark);
        await results.GoAsync($"{shown.Root}/studies/{Uri.EscapeDataString(name)}");
        await results.UntilAsync("document.querySelector('#raters').textContent.includes('finished')");
        Assert.Contains("1 of 2 planned raters", await results.TextAsync("#verdict"), StringComparison.Ordinal);
        Assert.Contains("SIMULATED", await results.TextAsync("#verdict"), StringComparison.Ordinal);
        var report = StudyResults.Of(manifest, ["r1"], votes);
        Assert.Contains($"{Analysis.Reports.Numbers.Signed(report.Overall!.Net.Value)}", await results.TextAsync("#preferences"), StringComparison.Ordinal);
        Assert.Empty(await results.FaultsAsync());
    }

    [Fact]
    public async Task Votes_come_in_while_the_study_is_looked_at()
    {
        var (study, manifest) = await shown.Ledger.AskAsync(shown.Ledger.Demo, "live", asked: 4, repeats: 0);
        await using var window = await shown.OpenAsync();
        await window.GoAsync($"{shown.Root}/studies/live");
        await window.Page.ClickAsync("#raters button");
        await window.UntilAsync("document.querySelector('#raters a')?.textContent === 'the link of r1'");
        await shown.Ledger.Session.Votes.AddAsync(
            study.Id, "r1", StudyDraws.Order(manifest, "r1")[0], 0, StudyAnswer.Tie, 2, CancellationToken.None);
        shown.Ledger.Session.Changes.Touch();
        await window.UntilAsync("document.querySelector('#raters').textContent.includes('has begun')");
        Assert.Contains("0 of 2 planned raters", await window.TextAsync("#verdict"), StringComparison.Ordinal);
        Assert.Empty(window.Complaints);
    }

    private static async Task PressAsync(Window window, string key, int answered)
    {
        await window.Page.Keyboard.PressAsync(key);
        await window.UntilAsync($"document.querySelector('progress')?.value === {answered}");
    }
}

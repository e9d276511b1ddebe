using System.Text.RegularExpressions;
using ReflectDiT.Eval.Dashboard.Reports;

namespace ReflectDiT.Eval.Dashboard.Tests.Browser;

[Collection(nameof(ShownDashboard))]
public sealed class StaticReportTests(ShownDashboard shown)
{
    [Fact]
    public async Task A_bundle_opens_from_files_and_every_link_of_it_leads_to_a_file_of_it()
    {
        var folder = Path.Combine(shown.Ledger.Folder, "bundle");
        var written = await WriteAsync(shown.Ledger.Odd, folder, originals: true);
        Assert.Equal(0, written.Lost);
        var files = Directory.EnumerateFiles(folder, "*.html", SearchOption.AllDirectories).ToList();
        Assert.Equal(written.Pages, files.Count);
        Assert.True(written.Images > 0);
        var broken = files.SelectMany(file => Regex.Matches(File.ReadAllText(file), "(href|src)=\"(?<to>[^\"#]+)[^\"]*\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
            .Select(link => (File: file, To: link.Groups["to"].Value)))
            .Where(link => link.To.StartsWith('/') || link.To.Contains(':', StringComparison.Ordinal)
                || !File.Exists(Path.Combine(Path.GetDirectoryName(link.File)!, link.To)))
            .Select(link => $"{link.File}: {link.To}").Take(10).ToList();
        Assert.True(broken.Count == 0, string.Join('\n', broken));

        await using var window = await shown.Browser.OpenAsync(dark: true);
        var faults = new List<string>();
        foreach (var file in new[] { "index.html", "prompts/all-1.html", "chains/1-0-1.html", "compare/1-0-flipped-first-0.html", "compare/1-0-all-3-0.html" })
        {
            await window.GoAsync($"file://{folder}/{file}");
            faults.AddRange(await window.FaultsAsync());
            Assert.Equal(0, await window.Page.Locator("form").CountAsync());
            Assert.True(await window.Page.EvaluateAsync<bool>("[...document.images].every(i => i.loading === 'lazy' || i.naturalWidth > 0)"), file);
        }

        Assert.True(faults.Count == 0, string.Join("\n\n", faults));
        await window.Page.Keyboard.PressAsync("3");
        await window.Page.Keyboard.PressAsync("j");
        await window.ReachAsync("/compare/1-0-all-(?!3-0).*view=difference$");
        Assert.True(await window.Page.Locator("image-pair.difference").IsVisibleAsync());
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_left_alone()
    {
        var folder = Directory.CreateDirectory(Path.Combine(shown.Ledger.Folder, "taken")).FullName;
        File.WriteAllText(Path.Combine(folder, "mine.txt"), "mine");
        await Assert.ThrowsAsync<InvalidDataException>(() => WriteAsync(shown.Ledger.Odd, folder, originals: false));
        Assert.Equal("mine.txt", Path.GetFileName(Assert.Single(Directory.EnumerateFileSystemEntries(folder))));
    }

    private async Task<(int Pages, int Images, int Lost)> WriteAsync(string sweep, string folder, bool originals) => await StaticReport.WriteAsync(
        shown.Ledger.Session, await shown.Ledger.Session.Sweeps.FindAsync(sweep, CancellationToken.None), null, null, folder, originals,
        Path.Combine(shown.Ledger.Folder, "dashboard", "thumbnails"), CancellationToken.None);
}

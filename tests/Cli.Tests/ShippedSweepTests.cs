using System.Text.RegularExpressions;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed partial class ShippedSweepTests(SmallSweeps sweeps)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_shipped_sweep_runs_and_is_named_after_its_file(string file)
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);

        var run = await ledger.RunAsync("run", Path.Combine(Folder, file), "--limit", "6");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.StartsWith($"Sweep {Path.GetFileNameWithoutExtension(file)} (", run.Error);
        Assert.Contains("6 of 553 prompts", run.Error);
        Assert.Contains("0 failed", run.Error);
        Assert.Contains("SIMULATED", run.Out);
    }

    /// <summary>A mapping that has no known key is refused with the list of the keys that it may have.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("benchmark", "benchmark.")]
    [InlineData("scorer", "scorer.")]
    [InlineData("arms.0", "arms.I.")]
    [InlineData("models.sana", "models.NAME.")]
    [InlineData("models.sana.placement", "models.NAME.placement.")]
    [InlineData("arms.0.strategy", "arms.I.strategy.")]
    [InlineData("arms.1.strategy", "arms.I.strategy.")]
    [InlineData("arms.1.strategy.quirks", "arms.I.strategy.quirks.")]
    [InlineData("calls", "calls.")]
    public async Task Every_key_that_the_program_knows_is_in_the_list_of_keys(string mapping, string prefix)
    {
        var wrong = mapping is "calls" or "arms.1.strategy.quirks" or "models.sana.placement" ? $"{mapping}={{wrong: 1}}" : $"{mapping}.wrong=1".TrimStart('.');
        var run = await InProcess.RunAsync(["demo", "geneval", "--set", wrong]);
        var known = KnownKeys().Match(run.Error).Groups["keys"].Value.Split(", ");
        var listed = ListedKeys().Matches(await File.ReadAllTextAsync(Path.Combine(Folder, "README.md")))
            .Select(m => m.Groups["key"].Value).ToList();

        Assert.NotEqual([""], known);
        Assert.All(known, key => Assert.Contains(
            listed, k => k == prefix + key || k.StartsWith($"{prefix}{key}.", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"expected one of (?<keys>[a-z_, ]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KnownKeys();

    [GeneratedRegex(@"^\| `(?<key>[A-Za-z_.]+)` \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListedKeys();
}

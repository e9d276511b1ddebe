using System.Text.Json;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class StudyCommandTests(SmallSweeps sweeps)
{
    [Fact]
    public async Task A_study_goes_from_sweep_to_result_and_through_files()
    {
        string[] create = ["study", "create", "small/1", "small/0", "--name", "people", "--prompts", "80", "--raters", "1", "--repeats", "0.1"];
        var dry = await sweeps.InParts.RunAsync([.. create, "--dry-run"]);
        Assert.Equal(0, dry.ExitCode);
        Assert.Contains("against", dry.Out, StringComparison.Ordinal);
        Assert.Contains("with 80% power", dry.Out, StringComparison.Ordinal);
        Assert.Contains("No study is called", (await sweeps.InParts.RunAsync("study", "report", "people")).Error, StringComparison.Ordinal);

        Assert.Equal(0, (await sweeps.InParts.RunAsync(create)).ExitCode);
        var empty = await sweeps.InParts.RunAsync("study", "report", "people");
        Assert.Equal(2, empty.ExitCode);
        Assert.Contains("Nobody has voted yet", empty.Out, StringComparison.Ordinal);

        // Votes from elsewhere, for whatever is on the left: the first arm in every case.
        using var folder = new TemporaryFolder();
        var (table, whole) = (folder.At("votes.csv"), folder.At("study.json"));
        Assert.Equal(0, (await sweeps.InParts.RunAsync("study", "export", "people", whole)).ExitCode);
        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(whole));
        var study = manifest.RootElement.GetProperty("manifest");
        var arm = study.GetProperty("first").GetProperty("name").GetString()!.Replace("\"", "\"\"", StringComparison.Ordinal);
        var asked = study.GetProperty("pairs").EnumerateArray()
            .Where(p => p.GetProperty("first").GetProperty("sha256").GetString() != p.GetProperty("second").GetProperty("sha256").GetString())
            .Select(p => p.GetProperty("prompt").GetInt32()).ToList();
        await File.WriteAllTextAsync(
            table, "rater,prompt_index,left,answer\n" + string.Concat(asked.Select(p => $"ada,{p},\"{arm}\",left\n")));
        var imported = await sweeps.InParts.RunAsync("study", "import", table, "people");
        Assert.Equal(0, imported.ExitCode);
        Assert.Contains($"{asked.Count} votes of 1 raters", imported.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await sweeps.InParts.RunAsync("study", "import", table, "people")).ExitCode);

        var report = await sweeps.InParts.RunAsync("study", "report", "people", "--format", "json");
        Assert.Equal(0, report.ExitCode);
        using var results = JsonDocument.Parse(report.Out);
        Assert.Equal(
            (double)asked.Count / study.GetProperty("pairs").GetArrayLength(),
            results.RootElement.GetProperty("preferences")[0].GetProperty("net").GetProperty("value").GetDouble(), 12);
        Assert.Contains("SIMULATED", results.RootElement.GetProperty("verdict").GetString(), StringComparison.Ordinal);
        Assert.Equal(asked.Count, results.RootElement.GetProperty("preferences")[0].GetProperty("votes").GetInt32());

        // Into the other ledger, which holds the same sweep.
        Assert.Equal(0, (await sweeps.InParts.RunAsync("study", "export", "people", whole)).ExitCode);
        Assert.Equal(0, (await sweeps.AtOnce.RunAsync("study", "import", whole)).ExitCode);
        Assert.Equal(report.Out, (await sweeps.AtOnce.RunAsync("study", "report", "people", "--format", "json")).Out);
    }

    [Theory]
    [InlineData("two arms of one sweep", "study", "create", "small/0", "small/0")]
    [InlineData("does not name an arm", "study", "create", "small/7", "small/0")]
    [InlineData("at most 0.5", "study", "create", "small/1", "small/0", "--repeats", "0.6")]
    [InlineData("ends in .json or .csv", "study", "export", "people", "votes.txt")]
    [InlineData("name STUDY too", "study", "import", "votes.csv")]
    [InlineData("cannot be read", "study", "import", "/nowhere.json")]
    public async Task What_cannot_be_is_said_in_a_sentence(string says, params string[] command)
    {
        var said = await sweeps.AtOnce.RunAsync(command);
        Assert.Equal(1, said.ExitCode);
        Assert.Contains(says, said.Error, StringComparison.Ordinal);
    }
}

using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary><c>score FOLDER</c>, and SANA-1.5's protocol by it: the four best images of each chain as GenEval's four.</summary>
[Collection(nameof(SmallSweeps))]
public sealed class ScoreFolderTests(SmallSweeps sweeps)
{
    private static readonly string Simulated = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "simulated");

    [Fact]
    public async Task The_four_best_images_of_each_chain_are_exported_scored_and_summed_up_as_GenEvals_four()
    {
        using var folder = new TemporaryFolder();
        await ExportAsync(folder, "four", n: 6, "--best", "4");

        var scored = await ScoreAsync(folder);

        Assert.Equal(3, scored.ExitCode); // 4 of 553 prompts
        Assert.Contains("Missing: 549 of the 553 published prompts have no folder", scored.Error);
        var results = Lines(folder.At("results.jsonl"));
        Assert.Equal(
            Directory.GetFiles(folder.At("out/arm"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal),
            results.Select(line => line.GetProperty("filename").GetString()));
        Assert.Equal(16, results.Count);
        Assert.All(results, line => Assert.Equal(
            ["filename", "tag", "prompt", "correct", "reason", "metadata", "details"], line.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(["results.jsonl"], folder.Files.Where(f => f.StartsWith("results", StringComparison.Ordinal)));
        var summary = await CliProcess.RunAsync("summary", folder.At("results.jsonl"));
        Assert.Equal(2, summary.ExitCode); // as of any folder that lacks prompts
        Assert.Contains("16", summary.Out);
    }

    /// <summary>What the ledger says of the shown images, a detector says of the same images in a folder.</summary>
    [Fact]
    public async Task A_folder_has_the_scores_that_its_sweep_has()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await sweeps.AtOnce.RunAsync("export", "geneval", "small", folder.At("out"))).ExitCode);
        var arm = Directory.GetDirectories(folder.At("out"))[0];
        var scored = await ScoreAsync(folder, arm);
        Assert.True(scored.ExitCode == 0, scored.Error);
        Assert.Equal(
            Lines(Path.Combine(arm, "results.jsonl")).Select(Said).Order(StringComparer.Ordinal),
            Lines(folder.At("results.jsonl")).Select(Said).Order(StringComparer.Ordinal));

        string Said(JsonElement line) => string.Join('|', new[] { "tag", "prompt", "correct", "reason", "metadata", "details" }.Select(key => line.GetProperty(key).ToString()))
            + Path.GetRelativePath(arm, Path.Combine(arm, line.GetProperty("filename").GetString()!));
    }

    /// <summary>A right image and a faulty one of a prompt in each category.</summary>
    [Fact]
    public async Task A_folder_of_shapes_is_scored_by_the_pixel_detector()
    {
        using var folder = new TemporaryFolder();
        var random = new NumpyRandom(7);
        foreach (var (i, prompt) in ShapePrompts.Published.Test.DistinctBy(p => p.Tag).Index())
        {
            var samples = Directory.CreateDirectory(folder.At($"shapes/{i:00000}/samples")).FullName;
            folder.Write($"shapes/{i:00000}/metadata.jsonl", MetadataJson.Write(prompt) + "\n");
            File.WriteAllBytes(Path.Combine(samples, "0000.png"), PngWriter.Encode(SceneRenderer.Render(SceneSampler.Sample(prompt, random))));
            File.WriteAllBytes(Path.Combine(samples, "0001.png"), PngWriter.Encode(SceneRenderer.Render(FaultyScene.Sample(prompt, random).Scene)));
        }

        var scored = await InProcess.RunAsync(["score", folder.At("shapes"), "--benchmark", "shapes", "--out", folder.At("results.jsonl")]);
        Assert.True(scored.ExitCode == 0, scored.Error);
        Assert.Equal(
            Enumerable.Repeat(new[] { true, false }, Categories.All.Count).SelectMany(pair => pair),
            Lines(folder.At("results.jsonl")).Select(line => line.GetProperty("correct").GetBoolean()));
    }

    [Fact]
    public async Task What_cannot_be_scored_is_named_and_the_same_command_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        await ExportAsync(folder, "broken", n: 1);
        var (prompts, images) = (Directory.GetDirectories(folder.At("out/arm")).Order(StringComparer.Ordinal).ToList(), Directory.GetFiles(
            folder.At("out/arm"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList());
        var whole = await File.ReadAllBytesAsync(images[0]);
        await File.WriteAllTextAsync(images[0], "no image");
        File.Copy(images[1], Path.Combine(Path.GetDirectoryName(images[1])!, "0002_again.PNG"));
        File.Delete(Path.Combine(prompts[2], "metadata.jsonl"));
        Directory.Delete(Path.Combine(prompts[3], "samples"), recursive: true);

        var first = await ScoreAsync(folder);

        Assert.Equal(3, first.ExitCode);
        var name = Path.GetRelativePath(folder.At("out/arm"), images[0]);
        Assert.Contains($"Not scored: {name}: Not a readable image", first.Error);
        Assert.Contains($"Missing: {Path.GetFileName(prompts[0])}/samples/0002: missing, although other prompts have an image of this number", first.Error);
        Assert.Contains($"Missing: {Path.GetFileName(prompts[2])}: it has no metadata.jsonl, and is left out", first.Error);
        Assert.Contains($"Missing: {Path.GetFileName(prompts[3])}: it has no image", first.Error);
        Assert.Equal(2, Lines(folder.At("results.jsonl")).Count);

        // As a process that was killed in the middle of a line leaves it.
        await File.AppendAllTextAsync(folder.At("results.jsonl.part"), "{\"Name\": \"cut o");
        await File.WriteAllBytesAsync(images[0], whole);
        var second = await ScoreAsync(folder);
        Assert.Contains("3 images, 2 of them scored before.", second.Error);
        Assert.Equal(3, Lines(folder.At("results.jsonl")).Count);
        Assert.False(File.Exists(folder.At("results.jsonl.part")));
    }

    [Fact]
    public async Task Scores_of_another_detector_are_not_gone_on_with_and_wrong_folders_are_refused()
    {
        using var folder = new TemporaryFolder();
        await ExportAsync(folder, "other", n: 1);
        folder.Write("results.jsonl.part", "{\"Detector\":\"another\",\"Digest\":\"0\"}\n");
        var other = await ScoreAsync(folder);
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("holds scores of another detector", other.Error);

        var none = await ScoreAsync(folder, folder.At("nowhere"));
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("there is no such folder", none.Error);
        var empty = await ScoreAsync(folder, folder.At("out"));
        Assert.Contains("it holds no prompt folder, such as 00000", empty.Error);
        var samples = Path.GetDirectoryName(Directory.GetFiles(folder.At("out/arm"), "*.png", SearchOption.AllDirectories)[0])!;
        File.Copy(Path.Combine(samples, "0000.png"), Path.Combine(samples, "0000.jpg"));
        Assert.Contains("0000.jpg and 0000.png, which have the same number", (await ScoreAsync(folder)).Error);

        var both = await InProcess.RunAsync(["score", folder.At("out/arm"), "--detections", "-", "--out", "x"]);
        Assert.Contains("score needs a folder of images or --detections, and not both", both.Error);
        Assert.Contains("score needs a folder of images", (await InProcess.RunAsync(["score", "--out", "x"])).Error);
        File.Delete(Path.Combine(samples, "0000.jpg"));
        var weightless = await InProcess.RunAsync(["score", folder.At("out/arm"), "--out", folder.At("x")]);
        Assert.Equal(4, weightless.ExitCode);
        Assert.Contains("its placement needs a path", weightless.Error);
    }

    /// <summary>A sweep of one arm without scorer on four prompts, as files.</summary>
    private async Task ExportAsync(TemporaryFolder folder, string name, int n, params string[] more)
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var file = folder.Write("sweep.yaml", $$$"""
            name: {{{name}}}
            benchmark: {kind: geneval}
            seed: 0
            models:
              generator: {kind: simulated, parameters: {{{Simulated}}}/sana-1.0.json}
              judge: {kind: simulated, parameters: {{{Simulated}}}/judge.json}
            arms:
              - {name: arm, generator: generator, judge: judge, strategy: {kind: best-of-n, n: {{{n}}}, selector: pairwise}}
            """);
        var run = await ledger.RunAsync("run", file, "--limit", "4");
        Assert.True(run.ExitCode == 0, run.Error);
        var export = await ledger.RunAsync(["export", "geneval", name, folder.At("out"), .. more]);
        Assert.True(export.ExitCode is 0 or 2, export.Error); // the other prompts are not drawn
    }

    private static Task<CliProcess> ScoreAsync(TemporaryFolder folder, string? images = null) =>
        InProcess.RunAsync(["score", images ?? folder.At("out/arm"), "--kind", "simulated", "--out", folder.At("results.jsonl")]);

    private static List<JsonElement> Lines(string file) =>
        [.. File.ReadAllLines(file).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
}

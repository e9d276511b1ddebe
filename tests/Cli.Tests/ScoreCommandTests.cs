using System.IO.Compression;
using System.Text.Json;

namespace ReflectDiT.Eval.Cli.Tests;

public sealed class ScoreCommandTests
{
    private static readonly string Oracle = TemporaryFolder.Data("oracle-cases.jsonl.gz");

    [Fact]
    public async Task Score_answers_every_case_in_order()
    {
        using var folder = new TemporaryFolder();

        var run = await CliProcess.RunAsync("score", "--detections", Oracle, "--out", folder.At("answers.jsonl"));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Out, run.Error));
        Assert.Equal(["answers.jsonl"], folder.Files);
        var cases = TemporaryFolder.ReadGzip(Oracle).TrimEnd('\n').Split('\n');
        var answers = await File.ReadAllTextAsync(folder.At("answers.jsonl"));
        Assert.EndsWith("}\n", answers);
        Assert.Equal(cases.Select(Expected), answers.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Score_gives_the_same_from_file_gzip_and_standard_input()
    {
        using var folder = new TemporaryFolder();
        var text = TemporaryFolder.ReadGzip(Oracle);

        var toStandardOutput = await CliProcess.RunWithInputAsync(text, "score", "--detections", "-", "--out", "-");
        var toGzip = await CliProcess.RunAsync(
            "score", "--detections", folder.Write("cases.jsonl", text), "--out", folder.At("answers.jsonl.gz"));

        Assert.Equal((0, 0), (toStandardOutput.ExitCode, toGzip.ExitCode));
        Assert.Equal(4000, toStandardOutput.Out.Count(c => c == '\n'));
        Assert.Equal(toStandardOutput.Out, TemporaryFolder.ReadGzip(folder.At("answers.jsonl.gz")));
    }

    [Fact]
    public async Task Score_knows_the_objects_of_the_benchmark_that_it_is_told()
    {
        using var folder = new TemporaryFolder();
        var cases = folder.Write("cases.jsonl", """
            {"id":"a","metadata":{"tag":"counting","include":[{"class":"star","count":2}],"exclude":[{"class":"star","count":3}],"prompt":"a photo of two stars"},"detections":{"star":[[1,1,12,12,0.6,"red"],[20,1,32,12,0.7,"blue"],[40,1,52,12,0.4,"blue"]]}}

            """);

        var shapes = await InProcess.RunAsync(["score", "--benchmark", "shapes", "--detections", cases, "--out", "-"]);
        var geneval = await InProcess.RunAsync(["score", "--detections", cases, "--out", "-"]);

        Assert.Equal("""{"id":"a","correct":true,"reason":"","kept":{"star":[1,0]}}""" + "\n", shapes.Out);
        Assert.Equal(1, geneval.ExitCode);
        Assert.Contains("unknown class \"star\"; expected one of GenEval's 80 names", geneval.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"id\":", "expected a JSON object")]
    [InlineData("", "an empty line")]
    [InlineData(
        """{"id":"x","metadata":{"tag":"x","exclude":[{"class":"dog","count":0}],"prompt":"no dog"},"detections":{}}""",
        "prompt \"no dog\", exclude clause 0: count 0")]
    public async Task A_bad_line_stops_it_and_leaves_what_was_there(string bad, string reason)
    {
        using var folder = new TemporaryFolder();
        var good = string.Join('\n', TemporaryFolder.ReadGzip(Oracle).Split('\n').Take(3));
        var cases = folder.Write("cases.jsonl", $"{good}\n{bad}\n{good}\n");
        var before = folder.Write("before.jsonl", "older answers\n");

        var run = await CliProcess.RunAsync("score", "--detections", cases, "--out", before);
        var anew = await CliProcess.RunAsync("score", "--detections", cases, "--out", folder.At("new.jsonl"));

        Assert.Equal((1, 1), (run.ExitCode, anew.ExitCode));
        Assert.StartsWith($"reflectdit: {cases}:4: {reason}", run.Error);
        Assert.Equal(["before.jsonl", "cases.jsonl"], folder.Files);
        Assert.Equal("older answers\n", await File.ReadAllTextAsync(before));
    }

    [Fact]
    public async Task A_gzip_file_that_was_cut_off_is_refused_even_at_the_end_of_a_line()
    {
        using var folder = new TemporaryFolder();
        var whole = new MemoryStream();
        await using (var gzip = new GZipStream(whole, CompressionLevel.Fastest))
        {
            await gzip.WriteAsync(
                """{"id":"x","metadata":{"tag":"custom","prompt":"a dog"},"detections":{}}"""u8.ToArray());
            gzip.WriteByte((byte)'\n');
        }

        await File.WriteAllBytesAsync(folder.At("cut.gz"), whole.ToArray()[..^8]);

        var run = await CliProcess.RunAsync("score", "--detections", folder.At("cut.gz"), "--out", folder.At("out"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("not a whole gzip file", run.Error);
        Assert.Equal(["cut.gz"], folder.Files);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_a_usage_error()
    {
        using var folder = new TemporaryFolder();

        var noInput = await CliProcess.RunAsync("score", "--detections", folder.At("none"), "--out", "-");
        var noFolder = await CliProcess.RunAsync("score", "--detections", Oracle, "--out", folder.At("none/out"));

        Assert.Equal((1, 1), (noInput.ExitCode, noFolder.ExitCode));
        Assert.Contains($"cannot read {folder.At("none")}", noInput.Error);
        Assert.Contains($"cannot write {folder.At("none/out")}", noFolder.Error);
    }

    /// <summary>The answer line that a case's expected values ask for, written by hand here.</summary>
    private static string Expected(string line)
    {
        using var json = JsonDocument.Parse(line);
        var expected = json.RootElement.GetProperty("expected");
        var reason = JsonEncodedText.Encode(
            expected.GetProperty("reason").GetString()!,
            System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return $"{{\"id\":{json.RootElement.GetProperty("id").GetRawText()},"
            + $"\"correct\":{expected.GetProperty("correct").GetRawText()},"
            + $"\"reason\":\"{reason}\",\"kept\":{{{KeptInOrderOfNames(expected.GetProperty("kept"))}}}}}";
    }

    private static string KeptInOrderOfNames(JsonElement kept) => string.Join(
        ',',
        kept.EnumerateObject()
            .OrderBy(field => Benchmarks.GenEval.ObjectNames.IndexOf(field.Name))
            .Select(field => $"\"{field.Name}\":{field.Value.GetRawText()}"));
}

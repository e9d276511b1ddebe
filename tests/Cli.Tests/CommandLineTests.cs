namespace ReflectDiT.Eval.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("bogus")]
    [InlineData("score")]
    [InlineData("score", "--detections", "x", "--out", "y", "--fast")]
    [InlineData("prompts", "--out", "x", "--per-task", "-1")]
    [InlineData("summary", "x", "--format", "xml")]
    public async Task Wrong_usage_ends_with_1_and_a_sentence(params string[] args)
    {
        var run = await CliProcess.RunAsync(args);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("reflectdit: ", run.Error);
        Assert.Contains("--help", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("score", "--help")]
    [InlineData("import", "geneval", "--help")]
    [InlineData("help")]
    [InlineData("help", "import", "geneval")]
    public async Task Help_says_where_the_exit_codes_are(params string[] args)
    {
        var run = await InProcess.RunAsync(args);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Usage:", run.Out);
        Assert.EndsWith("Exit codes: reflectdit help exit-codes\n", run.Out);
    }

    [Fact]
    public async Task Exit_codes_are_told_in_one_place()
    {
        var run = await InProcess.RunAsync(["help", "exit-codes"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(Enumerable.Range(0, 6), code => Assert.Contains($"\n  {code}  ", run.Out));
        Assert.Contains("130 (Ctrl-C)", run.Out);
        Assert.Equal(
            (await InProcess.RunAsync(["score", "--help"])).Out, (await InProcess.RunAsync(["help", "score"])).Out);
        var unknown = await InProcess.RunAsync(["help", "imports"]);
        Assert.Equal((1, ""), (unknown.ExitCode, unknown.Out));
        Assert.StartsWith("reflectdit: there is no help about 'imports'; known: demo, run,", unknown.Error);
    }

    [Fact]
    public async Task Without_a_verb_it_shows_the_help_and_ends_with_1()
    {
        var run = await CliProcess.RunAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Commands:", run.Out);
    }

    [Fact]
    public async Task Version_is_a_plain_number() =>
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", (await CliProcess.RunAsync("--version")).Out);
}

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
    [InlineData("summary", "--help")]
    public async Task Help_tells_the_exit_codes(params string[] args)
    {
        var run = await CliProcess.RunAsync(args);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("0  done", run.Out);
        Assert.Contains("4  infrastructure", run.Out);
        Assert.Contains("130 (Ctrl-C)", run.Out);
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

using System.Security.Cryptography;

namespace ReflectDiT.Eval.Cli.Tests;

public sealed class PromptsCommandTests
{
    [Fact]
    public async Task Prompts_writes_the_published_files_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        var made = folder.At("made/here");

        var run = await CliProcess.RunAsync("prompts", "--seed", "43", "--per-task", "100", "--out", made);

        Assert.Equal((0, ""), (run.ExitCode, run.Out));
        Assert.Equal(
            ["evaluation_metadata.jsonl", "generation_prompts.txt"],
            Directory.GetFiles(made).Select(Path.GetFileName).Order());
        Assert.Equal(
            "5c48e0813e812e3c373fa5c8ed07a8f0a483be30272b4427b0559c8048e67c13",
            Hash(Path.Combine(made, "evaluation_metadata.jsonl")));
        Assert.Equal(
            "55b6e3650e980c13daf30569eb666e000faf19bfc2b7b4cbe999fcdb7aa9d680",
            Hash(Path.Combine(made, "generation_prompts.txt")));
    }

    [Fact]
    public async Task Prompts_takes_the_largest_seed_and_refuses_the_next()
    {
        using var folder = new TemporaryFolder();

        var largest = await CliProcess.RunAsync(
            "prompts", "--seed", "340282366920938463463374607431768211455", "--per-task", "1", "--out", folder.Root);
        var next = await CliProcess.RunAsync(
            "prompts", "--seed", "340282366920938463463374607431768211456", "--per-task", "1", "--out", folder.Root);

        Assert.Equal(0, largest.ExitCode);
        Assert.Equal(1, next.ExitCode);
        Assert.Contains("expected a whole number from 0 to 2^128 - 1", next.Error);
    }

    [Fact]
    public async Task Prompts_writes_the_sets_of_shapes_and_refuses_a_set_of_GenEval()
    {
        using var folder = new TemporaryFolder();
        var all = await InProcess.RunAsync(["prompts", "--benchmark", "shapes", "--out", folder.At("test")]);
        var some = await InProcess.RunAsync(
            ["prompts", "--benchmark", "shapes", "--set", "validation", "--per-task", "2", "--out", folder.At("some")]);
        var none = await InProcess.RunAsync(["prompts", "--set", "validation", "--out", folder.At("none")]);

        Assert.Equal((0, 0, 1), (all.ExitCode, some.ExitCode, none.ExitCode));
        var (test, validation) = (File.ReadAllLines(folder.At("test/generation_prompts.txt")), File.ReadAllLines(folder.At("some/generation_prompts.txt")));
        Assert.Equal((240, 12), (test.Length, validation.Length));
        Assert.Equal(2, validation.Intersect(test).Count()); // single objects
        Assert.Contains("expected --benchmark shapes beside it", none.Error, StringComparison.Ordinal);
    }

    private static string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
}

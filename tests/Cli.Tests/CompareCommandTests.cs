using System.Text.Json;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class CompareCommandTests(SmallSweeps sweeps)
{
    [Fact]
    public async Task Verdict_comes_first_and_its_exit_code_is_that_of_the_outcome()
    {
        var text = await sweeps.AtOnce.RunAsync("compare", "small/1", "small/0");
        var data = await sweeps.AtOnce.RunAsync("compare", "small/1", "small/0", "--format", "json");

        using var json = JsonDocument.Parse(data.Out);
        var verdict = json.RootElement.GetProperty("verdict").GetString()!;
        var expected = json.RootElement.GetProperty("outcome").GetString() == "inconclusive" ? 5 : 0;
        Assert.Equal((expected, "", expected, ""), (text.ExitCode, text.Error, data.ExitCode, data.Error));
        Assert.Contains("SIMULATED", verdict);
        Assert.Equal(verdict, string.Join(' ', text.Out.Split("\n\n")[0].Split('\n').Skip(1)));
    }

    [Fact]
    public async Task A_verdict_on_one_prompt_is_inconclusive_and_ends_with_5()
    {
        var none = await sweeps.AtOnce.RunAsync(
            "compare", "small/1", "small/0", "--metric", "colors", "--at", "1", "--format", "csv");

        Assert.Equal((5, ""), (none.ExitCode, none.Error));
        Assert.Contains("inconclusive: ", none.Out);
    }

    [Fact]
    public async Task Several_numbers_of_attempts_are_tested_together()
    {
        var text = await sweeps.AtOnce.RunAsync("compare", "small/1", "small/0", "--at", "1,3");

        Assert.Contains(text.ExitCode, new[] { 0, 5 });
        Assert.Contains("== By N: mean over prompts\n  N=1 ", text.Out);
        Assert.Contains("\n  N=3 ", text.Out);
    }

    [Theory]
    [InlineData("does not name an arm", "small/7", "small/0")]
    [InlineData("are the same arm", "small/0", "small/0")]
    [InlineData("it has no value at 4", "small/1", "small/0", "--at", "4")]
    [InlineData("is neither a number of attempts, nor several that rise", "small/1", "small/0", "--at", "budget:luck=4")]
    [InlineData("Choose a budget within both", "small/1", "small/0", "--at", "budget:attempts=100")]
    [InlineData("name B too", "small", "--margin", "0.02")]
    [InlineData("expected a number of at least 0.001", "small/1", "small/0", "--margin", "0")]
    [InlineData("needs --prices", "small/1", "small/0", "--at", "budget:money=1")]
    public async Task What_cannot_be_compared_ends_with_1_and_a_sentence(string expected, params string[] args)
    {
        var run = await sweeps.AtOnce.RunAsync(["compare", .. args]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error);
    }

    [Fact]
    public async Task Without_a_second_arm_all_arms_of_the_sweep_are_compared()
    {
        var all = await sweeps.AtOnce.RunAsync("compare", "small");
        var others = await sweeps.AtOnce.RunAsync("compare", "small/0");

        Assert.Contains(all.ExitCode, new[] { 0, 5 });
        Assert.Contains(" of 1 pairs differ", all.Out);
        Assert.Equal(all.Out, others.Out);
    }

    [Fact]
    public async Task Peoples_labels_of_some_prompts_stand_beside_the_verdict()
    {
        using var folder = new TemporaryFolder();
        await sweeps.AtOnce.RunAsync("export", "csv", "small", folder.At("out"));
        var rows = CsvReader.Rows(await File.ReadAllTextAsync(folder.At("out/attempts.csv")), (_, fault) => new InvalidDataException(fault)).ToList();
        int At(string column) => rows[0].Fields.ToList().IndexOf(column);
        var labels = rows.Skip(1).Select(r => r.Fields).Where(f => int.Parse(f[At("prompt_index")]) % 2 == 0)
            .Select(f => $"{f[At("arm")]},{f[At("prompt_index")]},{f[At("replicate")]},{f[At("attempt")]},{f[At("correct")]}\n");
        await File.WriteAllTextAsync(folder.At("labels.csv"), "arm,prompt_index,replicate,attempt,label\n" + string.Concat(labels));

        var plain = await sweeps.AtOnce.RunAsync("compare", "small/1", "small/0");
        var labelled = await sweeps.AtOnce.RunAsync("compare", "small/1", "small/0", "--labels", folder.At("labels.csv"));

        Assert.Equal((plain.ExitCode, ""), (labelled.ExitCode, labelled.Error));
        Assert.Contains("By people's labels of 43 of 85 prompts", labelled.Out.Replace('\n', ' '));
        Assert.StartsWith(plain.Out.Split("\n\n")[0], labelled.Out);
    }

    [Theory]
    [InlineData("arm,prompt_index,attempt\n", ":1: no column label")]
    [InlineData("arm,prompt_index,attempt,label,mood\n", ":1: unknown column 'mood'")]
    [InlineData("arm,prompt_index,attempt,label\n", "no label below")]
    [InlineData("arm,prompt_index,attempt,label\nnobody,0,0,1\n", ":2: arm: expected one of 'SANA-1.0 + best-of-20', ")]
    [InlineData("arm,prompt_index,attempt,label\nReflect-DiT (N=20),85,0,1\n", ":2: prompt_index: expected one of the sweep's 85 prompts")]
    [InlineData("arm,prompt_index,attempt,label\nReflect-DiT (N=20),0,99,1\n", ":2: attempt: expected one of the chain's ")]
    [InlineData("arm,prompt_index,attempt,label\nReflect-DiT (N=20),0,0,good\n", ":2: label: expected a number from 0 to 1, found 'good'")]
    [InlineData("arm,prompt_index,attempt,label\nReflect-DiT (N=20),0,0,\n", ":2: label: expected a value")]
    [InlineData("arm,prompt_index,attempt,label\nReflect-DiT (N=20),0,0,1\nReflect-DiT (N=20),0,0,0\n", ":3: the image of line 2 again: give each image one label")]
    [InlineData("arm,prompt_index,attempt,label\nReflect-DiT (N=20),0,0,1\n", "Fewer than 2 prompts have labels")]
    public async Task A_label_that_is_none_is_refused_by_its_line(string labels, string expected)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.At("labels.csv"), labels);
        var run = await sweeps.AtOnce.RunAsync("compare", "small/1", "small/0", "--labels", folder.At("labels.csv"));

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error);
    }

    [Fact]
    public async Task Misleading_comparison_is_refused_until_each_reason_is_allowed()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.RunAsync(SmallSweeps.Command("--limit", "12", "--set", "arms.0.strategy.selector=oracle"));

        var refused = await ledger.RunAsync("compare", "small/1", "small/0");
        var allowed = await ledger.RunAsync("compare", "small/1", "small/0", "--allow", "incomplete", "--allow", "oracle");

        Assert.Equal((1, ""), (refused.ExitCode, refused.Out));
        Assert.Contains("12 of 85 chains", refused.Error);
        Assert.Contains("a ceiling, not a method", refused.Error);
        Assert.Contains("--allow incomplete --allow oracle", refused.Error);
        Assert.Contains(allowed.ExitCode, new[] { 0, 5 });
        Assert.Contains("ALLOWED (oracle)", allowed.Out);
        Assert.Contains("over 12 prompts", allowed.Out);
    }
}

using System.Xml.Linq;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class CurveCommandTests(SmallSweeps sweeps)
{
    [Fact]
    public async Task Figure_goes_to_a_file_and_is_the_same_for_two_separate_runs()
    {
        using var folder = new TemporaryFolder();
        var one = await sweeps.AtOnce.RunAsync("curve", "small", "--format", "svg", "--out", folder.At("one.svg"));
        var other = await sweeps.InParts.RunAsync("curve", "small", "--format", "svg", "--out", folder.At("other.svg"));

        Assert.Equal((0, "", ""), (one.ExitCode, one.Out, one.Error));
        Assert.Equal(one, other);
        Assert.Equal(File.ReadAllText(folder.At("one.svg")), File.ReadAllText(folder.At("other.svg")));
        Assert.Contains("SIMULATED", XDocument.Load(folder.At("one.svg")).Root!.Value);
    }

    [Fact]
    public async Task Data_of_an_axis_goes_to_standard_output()
    {
        var csv = await sweeps.AtOnce.RunProcessAsync("curve", "small", "--axis", "judge-tokens", "--format", "csv");

        Assert.Equal((0, ""), (csv.ExitCode, csv.Error));
        Assert.Equal(7, csv.Out.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public async Task Money_without_prices_or_with_wrong_ones_ends_with_1()
    {
        using var folder = new TemporaryFolder();
        var none = await sweeps.AtOnce.RunAsync("curve", "small", "--axis", "money");
        var wrong = await sweeps.AtOnce.RunAsync(
            "curve", "small", "--axis", "money", "--prices", folder.Write("prices.json", """{"currency": "EUR"}"""));

        Assert.Equal((1, "", 1, ""), (none.ExitCode, none.Out, wrong.ExitCode, wrong.Out));
        Assert.Contains("needs --prices FILE", none.Error);
        Assert.Contains(
            "prices.json:1: top level: the keys 'generator_device_hour', 'judge_device_hour', 'million_judge_tokens' are missing",
            wrong.Error);
    }
}

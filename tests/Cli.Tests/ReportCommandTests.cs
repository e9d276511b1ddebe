using System.Text.Json;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class ReportCommandTests(SmallSweeps sweeps)
{
    [Theory]
    [InlineData("text")]
    [InlineData("md")]
    [InlineData("latex")]
    [InlineData("csv")]
    [InlineData("json")]
    public async Task Every_format_of_every_layout_says_simulated(string format)
    {
        foreach (var layout in new[] { "table1", "curve", "judge", "chains" })
        {
            var report = await sweeps.AtOnce.RunAsync("report", "small", "--layout", layout, "--format", format);

            Assert.Equal((0, ""), (report.ExitCode, report.Error));
            Assert.Contains("SIMULATED", report.Out);
            Assert.EndsWith("\n", report.Out);
        }
    }

    [Theory]
    [InlineData("table1")]
    [InlineData("curve")]
    [InlineData("judge")]
    [InlineData("chains")]
    public async Task Json_of_two_separate_runs_is_equal_byte_for_byte(string layout)
    {
        var one = await sweeps.AtOnce.RunAsync("report", "small", "--layout", layout, "--format", "json");
        var other = await sweeps.InParts.RunAsync("report", "small", "--layout", layout, "--format", "json");

        Assert.Equal(one, other);
        using var json = JsonDocument.Parse(one.Out);
        Assert.Equal("small", json.RootElement.GetProperty("sweep").GetString());
    }

    [Fact]
    public async Task A_sweep_is_found_by_its_name_or_the_beginning_of_its_id_and_an_incomplete_one_ends_with_2()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        await ledger.RunAsync(SmallSweeps.Command("--limit", "1"));

        var named = await ledger.RunAsync("report", "small");
        var status = await ledger.RunAsync("status", "--format", "json");
        using var json = JsonDocument.Parse(status.Out);
        var sweep = Assert.Single(json.RootElement.GetProperty("sweeps").EnumerateArray());
        var byId = await ledger.RunAsync("report", sweep.GetProperty("id").GetString()![..8]);

        Assert.Equal((2, ""), (named.ExitCode, named.Error));
        Assert.Contains("INCOMPLETE", named.Out);
        Assert.Equal(named, byId);
        Assert.Equal(
            (170, 2, 0, 168),
            (Number("chains"), Number("done"), Number("failed"), Number("open")));

        int Number(string key) => sweep.GetProperty(key).GetInt32();
    }

    [Fact]
    public async Task A_name_that_no_sweep_or_more_than_one_has_ends_with_1_and_the_choices()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);

        var empty = await ledger.RunAsync("report", "small");
        await ledger.RunAsync(SmallSweeps.Command("--limit", "1"));
        await ledger.RunAsync(SmallSweeps.Command("--limit", "1", "--set", "seed=1"));
        var absent = await ledger.RunAsync("report", "large");
        var both = await ledger.RunAsync("report", "small");

        Assert.All([empty, absent, both], report => Assert.Equal((1, ""), (report.ExitCode, report.Out)));
        Assert.Contains("reflectdit demo", empty.Error);
        Assert.Contains("No sweep is called 'large'. The ledger holds: small (", absent.Error);
        Assert.Contains("2 sweeps are called 'small'", both.Error);
    }
}

using System.Text.Json;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class PlanCommandTests(SmallSweeps sweeps)
{
    private static readonly string Demo =
        Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps", "demo.yaml");

    [Fact]
    public async Task Plan_without_a_pilot_needs_no_ledger_and_warns_of_the_published_last_step()
    {
        using var folder = new TemporaryFolder();
        var plan = await CliProcess.RunAsync("plan", Demo, "--data", folder.At("none"));

        Assert.Equal((0, ""), (plan.ExitCode, plan.Error));
        Assert.Contains("11,060", plan.Out);
        Assert.Contains("WARNING: Reflect-DiT (N=20) SIMULATED: the published step from N=16 to 20", plan.Out);
        Assert.False(Directory.Exists(folder.At("none")));
    }

    [Fact]
    public async Task Pilot_belongs_to_the_sweep_and_is_not_drawn_again()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        using var folder = new TemporaryFolder();
        var prices = folder.Write(
            "prices.json",
            """{"currency": "EUR", "generator_device_hour": 2, "judge_device_hour": 2, "million_judge_tokens": 0}""");
        string[] plan = ["plan", Demo, .. SmallSweeps.Command().Skip(2), "--pilot", "12", "--prices", prices];
        var first = await ledger.RunAsync([.. plan, "--format", "json"]);
        var again = await ledger.RunAsync([.. plan, "--format", "json"]);
        var status = await ledger.RunAsync("status", "--format", "json");

        Assert.Equal((0, 0), (first.ExitCode, again.ExitCode));
        using var json = JsonDocument.Parse(first.Out);
        var arm = json.RootElement.GetProperty("arms")[0];
        Assert.Equal(12, arm.GetProperty("pilot_prompts").GetInt32());
        var attempts = arm.GetProperty("attempts").GetProperty("expected").GetDouble();
        Assert.InRange(attempts, 85, 85 * 3);
        Assert.True(arm.GetProperty("money").GetProperty("expected").GetDouble() > 0);
        Assert.True(json.RootElement.GetProperty("image_bytes").GetProperty("expected").GetDouble() > 0);
        using var ledgers = JsonDocument.Parse(status.Out);
        Assert.Equal(24, ledgers.RootElement.GetProperty("sweeps")[0].GetProperty("done").GetInt32());
        using var second = JsonDocument.Parse(again.Out);
        Assert.Equal(
            attempts, second.RootElement.GetProperty("arms")[0].GetProperty("attempts").GetProperty("expected").GetDouble());
    }

    [Theory]
    [InlineData("cannot be read", "no-such-file.yaml")]
    [InlineData("--pilot", "no-such-file.yaml", "--pilot", "1")]
    [InlineData("cannot read", "no-such-file.yaml", "--prices", "no-such-prices.json")]
    public async Task What_cannot_be_planned_ends_with_1_and_a_sentence(string expected, params string[] args)
    {
        var run = await CliProcess.RunAsync(["plan", .. args]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error);
    }
}

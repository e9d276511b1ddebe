using System.Text.Json;
using ReflectDiT.Eval.Analysis.Planning;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Reports;

namespace ReflectDiT.Eval.Analysis.Tests.Planning;

public sealed class ForecastTests
{
    private static readonly SweepResults Unrun = Sweeps.Of(
        Sweeps.Sana with { Chains = [], Open = 553 }, Sweeps.ReflectDit with { Chains = [], Open = 553 });

    private static readonly Dictionary<int, long> NoImages = [];

    [Fact]
    public void Without_a_pilot_there_are_attempts_at_most_and_what_the_published_shares_let_it_see()
    {
        var forecast = Of(Unrun);
        Assert.All(forecast.Arms, a => Assert.Equal((553 * 20, 0, 0), ((int)a.AttemptsAtMost, a.Pilot, a.Expected.Count)));
        Assert.Null(forecast.Disk);
        var sight = Assert.Single(forecast.Comparisons);
        Assert.Equal((446 / 553.0) - 0.751, sight.Published!.Value, 12);
        var design = new PairedDesign(553);
        Assert.Equal(
            (design.MinimalDetectableGain(0.751, 0.5), design.MinimalDetectableGain(0.751, 0)), sight.Detectable);
        Assert.True(sight.Detectable!.Value.Low < sight.Published);
    }

    /// <summary>442 to 446 of 553, the paper's own last step: four prompts.</summary>
    [Fact]
    public void The_published_last_step_is_said_to_be_out_of_sight()
    {
        var warning = Assert.Single(
            Of(Unrun).Warnings, w => w.StartsWith("reflect-dit SIMULATED: the published step", StringComparison.Ordinal));
        Assert.Contains("from N=16 to 20 is +0.007, 4 of 553 prompts", warning, StringComparison.Ordinal);
        Assert.Contains("37% power only", warning, StringComparison.Ordinal);
    }

    /// <summary>Replicates of which each is for itself can see less; where all are alike they are one.</summary>
    [Fact]
    public void Plan_counts_replicates()
    {
        var (one, four) = (Assert.Single(Of(Unrun).Comparisons), Assert.Single(Of(Unrun with { Replicates = 4 }).Comparisons));
        Assert.Equal(one.Detectable!.Value.High, four.Detectable!.Value.High);
        Assert.InRange(four.Detectable.Value.Low!.Value, 0.3 * one.Detectable.Value.Low!.Value, 0.7 * one.Detectable.Value.Low.Value);
        Assert.Contains("4 replicates that are independent or all alike", four.Basis, StringComparison.Ordinal);
        Assert.Contains(Of(Unrun with { Replicates = 4 }).Warnings, w => w.Contains("from N=16 to 20", StringComparison.Ordinal)
            && !w.Contains("37% power", StringComparison.Ordinal));
    }

    [Fact]
    public void Design_that_is_too_small_for_the_published_difference_is_warned_of()
    {
        var small = Unrun with
        {
            Prompts = [.. Sweeps.Prompts.Take(60)],
        };
        Assert.Contains(Of(small).Warnings, w => w.Contains("published difference is +0.056", StringComparison.Ordinal));
        var sana = Sweeps.Sana with { Published = null, Chains = [] };
        var unknown = Of(Sweeps.Of(sana, sana with { Name = "b" }));
        Assert.Null(Assert.Single(unknown.Comparisons).Detectable);
    }

    /// <summary>
    /// Two prompts of each category, by hand: Reflect-DiT's take 1 attempt but for 20 of a wrong one. Each attempt is 40
    /// evaluations, 1.5 device seconds and 1,400 tokens.
    /// </summary>
    [Fact]
    public void Pilot_is_scaled_to_all_prompts_with_each_category_standing_for_its_own()
    {
        // Single objects take 1 attempt each (of the first two prompts), every other category's two take 20.
        int[] tags = [0, 1, 80, 81, 179, 180, 259, 260, 353, 354, 453, 454];
        var piloted = Sweeps.ReflectDit with
        {
            Chains =
            [
                .. tags.Select(p => Sweeps.Chain(
                    p, 0, [.. Enumerable.Range(0, p < 80 ? 1 : 20).Select(_ => Sweeps.Attempt(""))])),
            ],
        };
        var images = tags.ToDictionary(p => p, _ => 1000L);
        var forecast = Forecast.Of(
            Sweeps.Of(piloted), images, 0.5, new Prices("USD", 3600, 7200, 0));
        var expected = forecast.Arms[0].Expected;
        var attempts = 80 + (473 * 20);
        Assert.Equal(12, forecast.Arms[0].Pilot);
        Assert.Equal(attempts, expected[BudgetAxis.Attempts].Value, 6);
        Assert.Equal(attempts * 40.0, expected[BudgetAxis.FunctionEvaluations].Value, 4);
        Assert.Equal(attempts * 1.5, expected[BudgetAxis.DeviceSeconds].Value, 4);
        Assert.Equal(attempts * (1 + (0.5 * 2)), expected[BudgetAxis.Money].Value, 4);
        Assert.Equal(553_000, forecast.Disk!.Value.Value, 4);
        Assert.Equal(attempts * 0.5, forecast.Elapsed!.Value.Value, 4);

        // Within a category all take the same: the bootstrap knows no doubt, and no interval is printed.
        Assert.Equal(attempts, expected[BudgetAxis.Attempts].Interval.Low, 6);
        var text = ForecastFormat.Render(forecast, null, "text");
        Assert.Matches(@"attempts expected +9,540 +-\n", text);
        Assert.Contains("-: no interval, as all prompts of the pilot took the same", text, StringComparison.Ordinal);
        var json = JsonDocument.Parse(ForecastFormat.Render(forecast, null, "json")).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("arms")[0].GetProperty("attempts").GetProperty("low").ValueKind);
    }

    [Fact]
    public void Pilot_says_how_often_the_arms_differ_and_so_what_the_whole_will_see()
    {
        // The first prompts of color_attr: both right up to 55, then Reflect-DiT alone to 60, then none.
        bool Kept(ChainResult c) => c.Prompt is >= 453 and < 553;
        var piloted = Sweeps.Of(
            Sweeps.Sana with { Chains = [.. Sweeps.Sana.Chains.Where(Kept)] },
            Sweeps.ReflectDit with { Chains = [.. Sweeps.ReflectDit.Chains.Where(Kept)] });
        var sight = Assert.Single(Of(piloted).Comparisons);
        var share = ClopperPearson.Share(5, 100);
        var design = new PairedDesign(553);
        Assert.Equal(
            (design.MinimalDetectableEffect(share.Low), design.MinimalDetectableEffect(share.High)), sight.Detectable);
    }

    /// <summary>
    /// Two replicates of four prompts, whose differences are 1 1, 0 0, 1 0 and 0 0. By hand: within, a variance of 0.5 of one prompt,
    /// over 2 replicates and on mean of four 0.0625; between, of the means 1, 0, 0.5 and 0, 0.6875 / 3.
    /// </summary>
    [Fact]
    public void Plan_says_whether_more_prompts_or_more_replicates_narrow_the_interval()
    {
        ArmResults Arm(string name, string marks) => Sweeps.Sana with
        {
            Name = name,
            Chains = [.. marks.Select((m, i) => Sweeps.Chain(i / 2, 0, Sweeps.Attempt($"{m}")) with { Replicate = i % 2 })],
        };
        var pilot = Of(Sweeps.Of(Arm("b", "........"), Arm("a", "CC..C...")) with { Replicates = 2 });
        Assert.Equal(0.0625 / (0.6875 / 3), Assert.Single(pilot.Comparisons).Within!.Value, 1e-12);
        Assert.Contains(
            "more replicates can take away 27% of its variance",
            ForecastFormat.Render(pilot, null, "text").Replace("\n  ", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Equal(0, Of(Sweeps.Of(Arm("b", "........"), Arm("a", "CC..CC..")) with { Replicates = 2 }).Comparisons[0].Within);
        Assert.Null(Of(Unrun).Comparisons[0].Within);
    }

    [Fact]
    public void Every_format_says_simulated_and_what_is_not_known()
    {
        var forecast = Of(Unrun);
        var text = ForecastFormat.Render(forecast, null, "text");
        Assert.Contains("SIMULATED", text, StringComparison.Ordinal);
        Assert.Contains("unknown", text, StringComparison.Ordinal);
        Assert.Contains("--pilot N", text, StringComparison.Ordinal);
        Assert.Contains("11,060", text, StringComparison.Ordinal);
        var json = JsonDocument.Parse(ForecastFormat.Render(forecast, null, "json")).RootElement;
        Assert.Equal(11060, json.GetProperty("arms")[0].GetProperty("attempts_at_most").GetInt32());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("image_bytes").GetProperty("expected").ValueKind);
    }

    private static Forecast Of(SweepResults sweep) => Forecast.Of(sweep, NoImages, null, null);
}

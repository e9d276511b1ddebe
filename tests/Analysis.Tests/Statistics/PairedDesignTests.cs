using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class PairedDesignTests
{
    /// <summary>Enough for how often p is below 5%.</summary>
    private const int Resamples = 1000;

    [Fact]
    public void Power_equals_the_weight_of_all_outcomes_that_the_test_rejects()
    {
        foreach (var row in Golden.Paired("power"))
        {
            var design = new PairedDesign(row.GetProperty("n").GetInt32(), row.Number("alpha"));
            var power = design.Power(new(row.Number("first"), row.Number("second")));
            Golden.AssertEqual(row.Number("power"), power, 1e-9, row.GetRawText());
        }
    }

    [Fact]
    public void Smallest_detectable_effect_is_where_that_power_is_reached()
    {
        foreach (var row in Golden.Paired("detectable"))
        {
            var n = row.GetProperty("n").GetInt32();
            var effect = new PairedDesign(n, row.Number("alpha"))
                .MinimalDetectableEffect(row.Number("discordance"), row.Number("power"));
            var expected = row.GetProperty("effect");
            Assert.Equal(expected.ValueKind is System.Text.Json.JsonValueKind.Null, effect is null);
            if (effect is { } found)
            {
                Golden.AssertEqual(expected.GetDouble(), found, 2e-3 / n, row.GetRawText());
            }
        }
    }

    /// <summary>
    /// Three replicates of arms that differ on few prompts or on many, each replicate for itself: the smallest difference is
    /// found in 80% of simulated runs, and never in much less. The standard error of 1,000 runs is 0.013.
    /// </summary>
    [Theory]
    [InlineData(80, 0.3)]
    [InlineData(300, 0.05)]
    [InlineData(300, 0)]
    public void Smallest_mean_is_found_in_80_percent_of_simulated_runs_over_replicates(int prompts, double discordance)
    {
        const int replicates = 3;
        const int runs = 1000;
        var design = new PairedDesign(prompts);
        var size = discordance == 0 ? 1.0 : 1.0 / replicates;
        var effect = design.MinimalDetectableMean(discordance / replicates, size)!.Value;
        var truth = PairedDesign.WithDifference(discordance, effect);
        var random = new NumpyRandom(6);
        var bootstrap = new Bootstrap(7, Resamples);
        var found = Enumerable.Range(0, runs).Count(_ =>
        {
            var differences = new double[prompts];
            for (var i = 0; i < prompts * replicates; i++)
            {
                // Where all replicates of a prompt are alike, the first speaks for all.
                var draw = discordance == 0 && i % replicates > 0 ? -1 : random.NextDouble();
                differences[i / replicates] += draw < 0 ? differences[i / replicates] > 0 ? 1.0 / replicates : 0
                    : draw < truth.OnlyFirst ? 1.0 / replicates : draw < truth.Total ? -1.0 / replicates : 0;
            }

            return PairedMean.Of([differences], bootstrap).P < 0.05;
        });
        Assert.InRange(found / (double)runs, 0.76, 1);
    }

    /// <summary>Each replicate draws both arms' outcomes anew: 0.6 and the gain more. The standard error is 0.013.</summary>
    [Fact]
    public void Smallest_gain_over_independent_replicates_is_found_in_80_percent_of_simulated_runs()
    {
        const int prompts = 100;
        const int replicates = 3;
        var gain = new PairedDesign(prompts).MinimalDetectableMeanGain(0.6, correlation: 0, replicates)!.Value;
        var random = new NumpyRandom(9);
        var bootstrap = new Bootstrap(7, Resamples);
        var found = Enumerable.Range(0, 1000).Count(_ => PairedMean.Of(
            [
                [.. Enumerable.Range(0, prompts).Select(_ => Enumerable.Range(0, replicates).Sum(_ =>
                    (random.NextDouble() < 0.6 + gain ? 1 : 0) - (random.NextDouble() < 0.6 ? 1 : 0)) / (double)replicates)],
            ],
            bootstrap).P < 0.05);
        Assert.InRange(found / 1000.0, 0.76, 0.84);
    }

    /// <summary>
    /// Prompts that differ by little, as means over subsets do, leave the test in doubt of such as differ by all there is: what the
    /// design is said to see is what the test finds in 80% of simulated runs. The standard error of 400 is 0.02.
    /// </summary>
    [Theory]
    [InlineData(20, 0.05)]
    [InlineData(100, 0.1)]
    [InlineData(553, 0.1)]
    public void Smallest_mean_of_small_differences_is_found_in_80_percent_of_simulated_runs(int prompts, double size)
    {
        var effect = new PairedDesign(prompts).MinimalDetectableMean(size * size / 5, size)!.Value;
        var each = Math.Max(size, effect);
        var (share, excess) = (Math.Max(size * size / 5, effect * each) / (each * each), effect / each);
        var random = new NumpyRandom(10);
        var bootstrap = new Bootstrap(7, Resamples);
        var found = Enumerable.Range(0, 400).Count(_ =>
        {
            double[] differences =
            [
                .. Enumerable.Range(0, prompts).Select(_ => random.NextDouble())
                    .Select(u => u < (share + excess) / 2 ? each : u < share ? -each : 0),
            ];
            return PairedMean.Of([differences], bootstrap).P < 0.05;
        });
        Assert.InRange(found / 400.0, 0.74, 1);
    }

    /// <summary>Three differing prompts cannot give a permutation p below 2/2^3, nor can a design promise to see them.</summary>
    [Fact]
    public void No_design_promises_what_three_differing_prompts_would_have_to_show()
    {
        Assert.Equal(0.25, PairedPermutation.Mean([.. Enumerable.Repeat(1.0, 3), .. new double[550]], 0).P, 12);
        Assert.All(new[] { 20, 80, 553 }, n => Assert.True(new PairedDesign(n).MinimalDetectableMean(0, 1) > 3.0 / n));
        Assert.All(new[] { 20, 80, 553 }, n => Assert.True(new PairedDesign(n).MinimalDetectableEffect(0) > 3.0 / n));
    }

    /// <summary>Arms that agree everywhere can differ by something that this design would see.</summary>
    [Fact]
    public void A_pair_that_agrees_has_a_smallest_difference_that_would_be_seen() =>
        Assert.InRange(new PairedDesign(553).MinimalDetectableEffect(0)!.Value, 5.0 / 553, 10.0 / 553);

    [Fact]
    public void Power_is_how_often_the_test_finds_the_effect_in_simulated_runs()
    {
        const int runs = 2000;
        var truth = new Discordance(0.16, 0.07);
        var random = new NumpyRandom(3);
        var found = 0;
        for (var run = 0; run < runs; run++)
        {
            var (b, c) = (0, 0);
            for (var prompt = 0; prompt < 200; prompt++)
            {
                var draw = random.NextDouble();
                b += draw < truth.OnlyFirst ? 1 : 0;
                c += draw >= truth.OnlyFirst && draw < truth.Total ? 1 : 0;
            }

            found += new PairedScore([[.. Enumerable.Repeat(1.0, b), .. Enumerable.Repeat(-1.0, c), .. new double[200 - b - c]]]).P
                < 0.05 ? 1 : 0;
        }

        // Three standard errors.
        Assert.InRange((found / (double)runs) - new PairedDesign(200).Power(truth), -0.031, 0.031);
    }

    /// <summary>446 against 442 of 553: the four prompts of the published step from N=16 to 20.</summary>
    [Fact]
    public void Four_prompts_of_553_cannot_be_seen()
    {
        var design = new PairedDesign(553);
        Assert.InRange(design.Power(Discordance.Of(4, 0, 553)), 0, 0.4);
        Assert.True(design.MinimalDetectableEffect(0.02) > 4 / 553.0);
        Assert.True(design.MinimalDetectableGain(442 / 553.0, correlation: 0.9) > 4 / 553.0);
    }

    [Fact]
    public void Rates_and_their_correlation_give_the_discordance()
    {
        var independent = Discordance.FromRates(0.8, 0.7, 0);
        Assert.Equal(0.8 * 0.3, independent.OnlyFirst, 1e-15);
        Assert.Equal(0.2 * 0.7, independent.OnlySecond, 1e-15);

        // Nested successes are the most that the rates allow.
        Assert.Equal(new Discordance(0.8 - 0.7, 0), Discordance.FromRates(0.8, 0.7, 1));
        Assert.Equal(0, new PairedDesign(100).Power(Discordance.FromRates(0.8, 0.8, 1)));
    }

    [Fact]
    public void A_smallest_detectable_gain_has_the_power_that_was_asked_for()
    {
        var design = new PairedDesign(100);
        var gain = design.MinimalDetectableGain(0.6, correlation: 0.3, power: 0.9)!.Value;
        Assert.Equal(0.9, design.Power(Discordance.FromRates(0.6 + gain, 0.6, 0.3)), 1e-3);
        Assert.Null(design.MinimalDetectableGain(0.99, correlation: 0));
    }

    [Fact]
    public void A_test_of_equal_arms_keeps_its_level()
    {
        var design = new PairedDesign(300);
        Assert.All([0.01, 0.1, 0.5, 1], total => Assert.InRange(design.Power(new(total / 2, total / 2)), 0, 0.05));
    }
}

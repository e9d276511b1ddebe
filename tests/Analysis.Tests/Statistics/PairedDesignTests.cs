using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class PairedDesignTests
{
    [Fact]
    public void Power_equals_the_weight_of_all_outcomes_that_the_exact_test_rejects()
    {
        foreach (var row in Golden.Rows("power"))
        {
            var design = new PairedDesign(row.GetProperty("n").GetInt32(), row.Number("alpha"));
            var power = design.Power(new(row.Number("first"), row.Number("second")));
            Golden.AssertEqual(row.Number("power"), power, 1e-9, row.GetRawText());
        }
    }

    [Fact]
    public void Smallest_detectable_effect_is_where_that_power_is_reached()
    {
        foreach (var row in Golden.Rows("detectable"))
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

    [Fact]
    public void Power_of_a_mean_equals_that_of_statsmodels()
    {
        foreach (var row in Golden.Rows("power_of_mean"))
        {
            var design = new PairedDesign(row.GetProperty("n").GetInt32(), row.Number("alpha"));
            var power = design.PowerOfMean(row.Number("effect"), row.Number("deviation"));
            Golden.AssertEqual(row.Number("power"), power, 1e-12, row.GetRawText());
        }
    }

    [Fact]
    public void Smallest_detectable_mean_has_the_power_that_was_asked_for()
    {
        var design = new PairedDesign(553);
        Assert.Equal(0.8, design.PowerOfMean(design.MinimalDetectableMean(0.4), 0.4), 1e-5);
    }

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

            found += McNemar.Exact(b, c) <= 0.05 ? 1 : 0;
        }

        // Three standard errors.
        Assert.InRange((found / (double)runs) - new PairedDesign(200).Power(truth), -0.031, 0.031);
    }

    /// <summary>446 against 442 of 553: the four prompts of the published step from N=16 to 20.</summary>
    [Fact]
    public void Four_prompts_of_553_cannot_be_seen()
    {
        var design = new PairedDesign(553);
        Assert.InRange(design.Power(Discordance.Of(4, 0, 553)), 0, 0.25);
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

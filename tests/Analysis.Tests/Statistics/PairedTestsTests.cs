using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

/// <summary>McNemar, permutation and Holm.</summary>
public sealed class PairedTestsTests
{
    [Fact]
    public void Exact_McNemar_equals_that_of_statsmodels()
    {
        foreach (var row in Golden.Rows("mcnemar"))
        {
            var (b, c) = (row.GetProperty("b").GetInt32(), row.GetProperty("c").GetInt32());
            var expected = row.Number("p");
            Golden.AssertEqual(expected, McNemar.Exact(b, c), 1e-11 * expected, $"b={b}, c={c}");
        }
    }

    [Fact]
    public void Exact_permutation_equals_that_of_scipy()
    {
        foreach (var row in Golden.Rows("permutation"))
        {
            var result = PairedPermutation.MeanOfMeans(row.Strata(), 0);
            Assert.True(result.Exact);
            Golden.AssertEqual(row.Number("p"), result.P, 1e-12, row.GetRawText());
        }
    }

    [Fact]
    public void Exact_permutation_of_all_prompts_equals_the_product_of_polynomials()
    {
        foreach (var row in Golden.Rows("bootstraps"))
        {
            var result = PairedPermutation.Mean([.. row.Strata().SelectMany(s => s)], 0);
            Assert.True(result.Exact);
            Golden.AssertEqual(row.Number("pooled_permutation"), result.P, 1e-13, row.GetProperty("name").GetString()!);
        }
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(12, 25)]
    [InlineData(72, 40)]
    [InlineData(200, 230)]
    public void Permutation_of_one_replicate_is_the_exact_McNemar_test(int b, int c)
    {
        double[] differences = [.. Enumerable.Repeat(1.0, b), .. Enumerable.Repeat(-1.0, c), .. new double[50]];
        Assert.Equal(McNemar.Exact(b, c), PairedPermutation.Mean(differences, 0).P, 1e-12);
    }

    [Fact]
    public void Drawn_permutations_come_near_the_exact_p_and_repeat_under_their_seed()
    {
        // Steps of 1/121 are too fine for the exact distribution; the same numbers times 121 are whole.
        var random = new NumpyRandom(5);
        double[] whole = [.. Enumerable.Range(0, 60).Select(_ => random.NextInt(60) - 24)];
        var exact = PairedPermutation.Mean(whole, 0);
        var drawn = PairedPermutation.Mean([.. whole.Select(d => d / 121)], 7);
        Assert.True(exact.Exact);
        Assert.False(drawn.Exact);
        Assert.InRange(exact.P, 0.001, 0.5);

        var fourErrors = 4 * Math.Sqrt(exact.P / 100_000);
        Assert.InRange(drawn.P - exact.P, -fourErrors, fourErrors);
        Assert.Equal(drawn, PairedPermutation.Mean([.. whole.Select(d => d / 121)], 7));
    }

    [Fact]
    public void Large_costs_are_relabelled_by_drawing() =>
        Assert.Equal(new(1e-5, false), PairedPermutation.Mean([.. Enumerable.Repeat(1e6, 40)], 0));

    [Fact]
    public void Equal_arms_are_never_significant()
    {
        Assert.Equal(1, McNemar.Exact(0, 0));
        Assert.Equal(new(1, true), PairedPermutation.Mean([0, 0, 0], 0));
        Assert.Equal(new(1, true), PairedPermutation.MeanOfMeans([[1, -1], [0.5, -0.5]], 0));
    }

    /// <summary>Signs by chance: an exact test is significant at most as often as its level says.</summary>
    [Fact]
    public void Permutation_over_replicates_keeps_its_level()
    {
        const int runs = 2000;
        var random = new NumpyRandom(11);
        var significant = Enumerable.Range(0, runs).Count(_ => PairedPermutation.Mean(
            [.. Enumerable.Range(0, 60).Select(_ => (random.NextInt(4) - random.NextInt(4)) / 3.0)], 0).P <= 0.05);
        Assert.InRange(significant / (double)runs, 0.035, 0.06);
    }

    [Fact]
    public void Holm_adjustment_equals_that_of_statsmodels()
    {
        foreach (var row in Golden.Rows("holm"))
        {
            Assert.Equal(row.GetProperty("adjusted").Numbers(), Holm.Adjust(row.GetProperty("p").Numbers()), (a, b) =>
                Math.Abs(a - b) < 1e-14);
        }
    }

    [Fact]
    public void Pairs_are_the_prompts_that_both_arms_have()
    {
        var pairs = PairedShares.Of([1, null, 0, 1, 0], [0, 1, 1, null, 0]);
        Assert.Equal([0, 2, 4], pairs.Prompts);
        Assert.Equal([1, -1, 0], pairs.Differences);
        Assert.Equal((1, 1), pairs.Discordant);
        Assert.Equal((0, 1), pairs.Where(prompt => prompt > 0).Discordant);
        Assert.Null(PairedShares.Of([0.5], [1]).Discordant);
    }
}

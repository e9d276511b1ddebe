using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class AnytimeMeanTests
{
    private static readonly int[] Looks = [60, 120, 240, 400, 553];

    [Fact]
    public void P_is_one_over_the_capital_of_bets_on_every_prompt_in_turn()
    {
        foreach (var row in Golden.Paired("anytime"))
        {
            var (n, b, c) = (row.Whole("n"), row.Whole("b"), row.Whole("c"));
            var test = new AnytimeMean([.. Enumerable.Repeat(1.0, b), .. Enumerable.Repeat(-1.0, c), .. new double[n - b - c]]);
            Assert.Equal(row.Number("p"), test.PFor(row.Number("difference")), 1e-9);
        }
    }

    /// <summary>Equal arms, looked at five times: at most 5% of runs are ever called different (standard error 1%).</summary>
    [Theory]
    [InlineData(0.02)]
    [InlineData(0.2)]
    [InlineData(1)]
    public void Looking_often_keeps_the_level(double discordance)
    {
        const int runs = 400;
        var random = new NumpyRandom(14);
        var ever = Enumerable.Range(0, runs).Count(_ =>
        {
            var differences = Enumerable.Range(0, Looks[^1]).Select(_ => Draw(random, discordance / 2, discordance / 2)).ToList();
            return Looks.Any(look => new AnytimeMean(differences[..look]).P < 0.05);
        });
        Assert.InRange(ever / (double)runs, 0, 0.05);
    }

    /// <summary>The whole sequence of intervals holds the truth, and a difference of 0.13 is found by the last look in most runs.</summary>
    [Fact]
    public void All_intervals_of_a_run_hold_the_truth_and_a_large_difference_is_found()
    {
        const int runs = 200;
        var random = new NumpyRandom(15);
        var (held, found) = (0, 0);
        for (var run = 0; run < runs; run++)
        {
            var differences = Enumerable.Range(0, Looks[^1]).Select(_ => Draw(random, 0.18, 0.05)).ToList();
            held += Looks.All(look => new AnytimeMean(differences[..look]).Interval.Contains(0.13)) ? 1 : 0;
            found += new AnytimeMean(differences).Interval.Low > 0 ? 1 : 0;
        }

        Assert.InRange(held, 0.95 * runs, runs);
        Assert.InRange(found, 0.8 * runs, runs);
    }

    [Fact]
    public void P_is_below_its_level_where_and_only_where_the_interval_excludes_zero()
    {
        var random = new NumpyRandom(16);
        Assert.All(Enumerable.Range(0, 200), _ =>
        {
            var share = random.NextDouble() / 2;
            var test = new AnytimeMean([.. Enumerable.Range(0, 5 + random.NextInt(200)).Select(_ => Draw(random, share, 0.05) / 2)]);
            Assert.InRange(test.Value, test.Interval.Low, test.Interval.High);
            Assert.Equal(test.P < 0.05, test.Interval.Low > 0 || test.Interval.High < 0);
        });
    }

    private static double Draw(NumpyRandom random, double first, double second)
    {
        var draw = random.NextDouble();
        return draw < first ? 1 : draw < first + second ? -1 : 0;
    }
}

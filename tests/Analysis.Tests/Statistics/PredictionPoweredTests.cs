using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class PredictionPoweredTests
{
    private static readonly Interval Share = new(0, 1);

    [Fact]
    public void Weight_of_the_scorer_is_that_of_the_least_variance()
    {
        foreach (var row in Golden.Paired("ppi"))
        {
            var (labels, others) = (row.GetProperty("labels").Numbers(), row.GetProperty("others").Numbers());
            (double Label, double Score)[] labelled = [.. labels.Zip(row.GetProperty("scores").Numbers())];
            var estimate = PredictionPowered.Of(labelled, others, Share, new Bootstrap(1, 500));
            Assert.Equal(row.Number("weight"), PredictionPowered.WeightOf(labelled, others), 1e-6);
            Assert.Equal(estimate.Weight > 0 ? row.Number("value") : labels.Average(), estimate.Value, 1e-6);
            Assert.True(estimate.Interval.Contains(estimate.Value) && estimate.Interval.Low < estimate.Interval.High);
        }
    }

    /// <summary>
    /// A scorer that passes a third of the bad and fails a tenth of the good, one that never errs, and one that guesses: the truth
    /// is held where the scorer's own mean is far from it. Standard error 1%.
    /// </summary>
    [Theory]
    [InlineData(0.33, 0.1)]
    [InlineData(0, 0)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.02, 0.02)]
    public void Interval_holds_the_true_share_whatever_the_scorer_is_worth(double passesBad, double failsGood)
    {
        const int runs = 400;
        const double truth = 0.7;
        var random = new NumpyRandom(41);
        var bootstrap = new Bootstrap(5, 500);
        var (held, width, alone) = (0, 0.0, 0.0);
        for (var run = 0; run < runs; run++)
        {
            var all = Enumerable.Range(0, 400).Select(_ => random.NextDouble() < truth ? 1.0 : 0)
                .Select(y => (Label: y, Score: random.NextDouble() < (y == 1 ? 1 - failsGood : passesBad) ? 1.0 : 0)).ToList();
            var estimate = PredictionPowered.Of(all[..60], [.. all.Skip(60).Select(a => a.Score)], Share, bootstrap);
            held += estimate.Interval.Contains(truth) ? 1 : 0;
            width += estimate.Interval.High - estimate.Interval.Low;
            var labels = new PairedScore([[.. all.Take(60).Select(a => a.Label)]]).Interval;
            alone += labels.High - labels.Low;
        }

        Assert.InRange(held / (double)runs, 0.93, 1);
        Assert.True(width < alone * (passesBad < 0.5 ? 1 : 1.05), $"{width / runs} and {alone / runs}");
    }

    [Fact]
    public void Mean_over_categories_is_put_together_by_variance_recovery()
    {
        var mean = PredictionPowered.MeanOf([new(0.5, new(0.4, 0.7), 1, 5, 10), new(0.9, new(0.6, 1), 0.5, 3, 10)], Share);
        Assert.Equal((0.7, 0.75, 8, 20), (mean.Value, mean.Weight, mean.Labelled, mean.Prompts));
        Assert.Equal(0.7 - (Math.Sqrt(0.01 + 0.09) / 2), mean.Interval.Low, 12);
        Assert.Equal(0.7 + (Math.Sqrt(0.04 + 0.01) / 2), mean.Interval.High, 12);
    }
}

using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class ResamplingTests
{
    /// <summary>Forty statistics need three passes, and the last is not full.</summary>
    [Fact]
    public void Many_statistics_at_once_equal_each_alone_to_the_last_bit()
    {
        var random = new NumpyRandom(1);
        double[] Values(int size) => [.. Enumerable.Range(0, size).Select(_ => random.NextDouble())];
        var statistics = Enumerable.Range(0, 40).Select(_ => (double[][])[Values(30), Values(7)]).ToList();
        var bootstrap = new Bootstrap(2, 1001);
        var together = bootstrap.Means(statistics);
        for (var i = 0; i < statistics.Count; i++)
        {
            Assert.Equal(together[i], new Bootstrap(2, 1001).Means([statistics[i]])[0]);
        }
    }

    [Fact]
    public void Every_resample_of_equal_values_is_that_value()
    {
        var means = new Bootstrap(3, 500).Means([[[2, 2, 2], [4, 4]], [[1, 1, 1], [0, 0]]]);
        Assert.All(means[0], mean => Assert.Equal(3, mean, 1e-12));
        Assert.All(means[1], mean => Assert.Equal(0.5, mean, 1e-12));
    }

    [Fact]
    public void Statistics_over_different_prompts_are_refused() =>
        Assert.Throws<ArgumentException>(() => new Bootstrap(0, 10).Means([[[1, 2]], [[1, 2, 3]]]));
}

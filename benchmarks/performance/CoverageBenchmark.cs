using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// How often the 95% interval of a mean paired difference holds the truth where that is known only by simulation: several
/// replicates a prompt, and scores between 0 and 1. For the test that <see cref="PairedMean"/> takes and for the score test
/// alone, with the mean width of each.
/// </summary>
internal static class CoverageBenchmark
{
    /// <summary>For ends that are right to a small part of an interval's width.</summary>
    private const int Resamples = 2000;

    public static int Run(int runs)
    {
        Console.WriteLine($"{runs} runs a line; the error of a coverage of 0.95 is {Math.Sqrt(0.95 * 0.05 / runs):0.000}");
        Console.WriteLine("                                        as compared          score test alone");
        Console.WriteLine("                                   bootstrap  holds  width    holds  width");
        foreach (var (prompts, first, second) in new[] { (80, .025, 0.0), (94, .021, 0), (24, .05, 0), (10, .1, 0), (553, .05, .03) })
        {
            foreach (var replicates in new[] { 2, 4 })
            {
                Line($"{prompts}, {first}, {second}, {replicates} replicates", runs, prompts, first - second, random =>
                    Enumerable.Range(0, replicates).Average(_ => random.NextDouble() is var u && u < first ? 1 : u < first + second ? -1 : 0.0));
            }
        }

        foreach (var prompts in new[] { 10, 20, 80, 553 })
        {
            // Differences of 0.02 on average and a deviation of 0.05: as many above as below, and few large ones.
            Line($"{prompts} scores, even", runs, prompts, 0.02, random => 0.02 + (0.05 * Math.Sqrt(3) * ((2 * random.NextDouble()) - 1)));
            Line($"{prompts} scores, skewed", runs, prompts, 0.02, random => 0.02 + (0.05 * (-Math.Log(1 - random.NextDouble()) - 1)));
        }

        return 0;
    }

    private static void Line(string label, int runs, int prompts, double truth, Func<NumpyRandom, double> draw)
    {
        var random = new NumpyRandom(11);
        var bootstrap = new Bootstrap(12, Resamples);
        var (studentised, held, width, alone, aloneWidth) = (0, 0, 0.0, 0, 0.0);
        for (var run = 0; run < runs; run++)
        {
            double[][] differences = [[.. Enumerable.Range(0, prompts).Select(_ => draw(random))]];
            var test = PairedMean.Of(differences, bootstrap);
            var (interval, score) = (test.Interval, new PairedScore(differences).Interval);
            studentised += test is StudentisedMean ? 1 : 0;
            held += interval.Contains(truth) ? 1 : 0;
            alone += score.Contains(truth) ? 1 : 0;
            width += interval.High - interval.Low;
            aloneWidth += score.High - score.Low;
        }

        Console.WriteLine(
            $"{label,-34} {(double)studentised / runs,9:P0}  {(double)held / runs:0.000}  {width / runs:0.000}    {(double)alone / runs:0.000}  {aloneWidth / runs:0.000}");
    }
}

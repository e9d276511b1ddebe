using System.Diagnostics;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// Percentile intervals of two arms and of their paired difference at five N in each of GenEval's six categories, over
/// 10,000 resamples, draws included: what a comparison of two arms asks for. The first round is what a command pays.
/// </summary>
internal static class StatisticsBenchmark
{
    private const int Rounds = 20;
    private const int Ns = 5;

    /// <summary>Prompts of each category, in the order of its columns.</summary>
    private static readonly int[] Sizes = [80, 99, 80, 94, 100, 100];

    public static int Run()
    {
        var categories = Sizes.Select(Category).ToList();
        var rounds = Enumerable.Range(0, Rounds).Select(_ => Round(categories)).ToList();
        Console.WriteLine(
            $"{rounds[0].Intervals} intervals: first round {Milliseconds(rounds[0])}; "
            + $"best of {Rounds} {Milliseconds(rounds.MinBy(r => r.Wall))}; "
            + $"{Environment.ProcessorCount} cores, .NET {Environment.Version}");
        return 0;
    }

    private static (int Intervals, TimeSpan Wall, TimeSpan Processor) Round(
        List<IReadOnlyList<IReadOnlyList<double[]>>> categories)
    {
        var (clock, start) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var bootstrap = new Bootstrap(43);
        var intervals = categories.Sum(statistics => bootstrap.Means(statistics).Length);
        return (intervals, clock.Elapsed, Environment.CpuUsage.TotalTime - start);
    }

    /// <summary>At each N both arms' shares by prompt and their difference, each one stratum.</summary>
    private static IReadOnlyList<IReadOnlyList<double[]>> Category(int size)
    {
        var random = new NumpyRandom((uint)size);
        double[] Shares() => [.. Enumerable.Range(0, size).Select(_ => (double)random.NextInt(2))];
        return
        [
            .. Enumerable.Range(0, Ns).SelectMany(_ =>
            {
                var (first, second) = (Shares(), Shares());
                return (double[][])[first, second, [.. first.Zip(second, (a, b) => a - b)]];
            }).Select(values => (double[][])[values]),
        ];
    }

    private static string Milliseconds((int Intervals, TimeSpan Wall, TimeSpan Processor) round) =>
        $"{round.Wall.TotalMilliseconds:F0} ms ({round.Processor.TotalMilliseconds:F0} ms of processor time)";
}

using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.SimulatedFit;

/// <summary>A published number that an arm is fitted to.</summary>
/// <param name="Point">Index into <see cref="SceneSweep.CurvePoints"/>.</param>
/// <param name="Band">95% noise of one published run.</param>
public sealed record Target(int Point, Metric Metric, PublishedValue Published, Interval Band)
{
    public int N => SceneSweep.CurvePoints[Point];
}

/// <summary>One of the two arms, with what is published of it.</summary>
public sealed record FitArm(string Name, IStrategy Strategy, IReadOnlyList<Target> Targets)
{
    public static FitArm BestOfN(PublishedNumbers published) => new(
        "SANA-1.0, best-of-N, first accept",
        new BestOfN(20, Selector.FirstAccept),
        TargetsOf(published, "sana-1.0-best-of-20"));

    public static FitArm ReflectDit(PublishedNumbers published) => new(
        "Reflect-DiT, K=3",
        new Reflection(20, 3, ReflectionQuirks.Paper),
        TargetsOf(published, "reflect-dit"));

    private static List<Target> TargetsOf(PublishedNumbers published, string id)
    {
        var arm = published.Arm(id) ?? throw new InvalidDataException($"Published numbers: no arm has the id '{id}'.");
        var targets = from point in Enumerable.Range(0, SceneSweep.CurvePoints.Count)
                      from metric in GenEvalBenchmark.Columns
                      where metric != Metric.MeanOverCategories
                      let n = SceneSweep.CurvePoints[point]
                      let value = arm.Value(n, metric)
                      where value is not null
                      select new Target(point, metric, value, NoiseBand.Of(arm, n, metric)!.Value);
        return [.. targets];
    }
}

/// <summary>Shares of correct images of one arm, from counts by point and prompt.</summary>
public sealed record ArmShares(IReadOnlyList<PromptMetadata> Prompts, int[][] Counts, int Sweeps)
{
    public double Share(int point, Metric metric)
    {
        var (correct, prompts) = (0, 0);
        for (var i = 0; i < Prompts.Count; i++)
        {
            if (metric.Covers(Prompts[i].Tag))
            {
                correct += Counts[point][i];
                prompts++;
            }
        }

        return (double)correct / prompts / Sweeps;
    }

    /// <summary>The same with the counts of some prompts replaced.</summary>
    /// <param name="indices">Where the prompts of <paramref name="some"/> are among these.</param>
    public ArmShares With(int[] indices, ArmShares some)
    {
        var counts = Counts.Select(row => row.ToArray()).ToArray();
        for (var point = 0; point < counts.Length; point++)
        {
            for (var i = 0; i < indices.Length; i++)
            {
                counts[point][indices[i]] = some.Counts[point][i];
            }
        }

        return this with { Counts = counts };
    }
}

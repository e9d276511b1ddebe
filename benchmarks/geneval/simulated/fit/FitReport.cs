using System.Text;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.SimulatedFit;

/// <summary>The sweep seeds of the fit.</summary>
internal static class FitSeeds
{
    /// <summary>What the search sees.</summary>
    public static IReadOnlyList<long> Search { get; } = [.. Enumerable.Range(1, 40).Select(i => (long)i)];

    /// <summary>Fresh ones for the reported expectation.</summary>
    public static IReadOnlyList<long> Check { get; } = [.. Enumerable.Range(1001, 200).Select(i => (long)i)];

    /// <summary>The demo's.</summary>
    public static IReadOnlyList<long> Demo { get; } = [0];
}

/// <summary>Writes FIT.md: published beside simulated.</summary>
internal static class FitReport
{
    public static string Write(
        IReadOnlyList<FitArm> arms, IReadOnlyList<PromptMetadata> prompts, IReadOnlyDictionary<string, double> values)
    {
        var text = new StringBuilder("""
            # Fit of the simulated models

            Written by `dotnet run -c Release --project benchmarks/geneval/simulated/fit`, which also writes the
            parameter files beside this one. **Every number under "simulated" comes from the simulated models**, run
            with the real strategies and GenEval's rules over the 553 published prompts; published numbers and their
            sources are in `../published`.


            """.ReplaceLineEndings("\n"));
        text.Append($"- Expectation: mean over {FitSeeds.Check.Count} sweep seeds that the search for the parameters "
            + "did not see. Demo: sweep seed 0. The search also keeps seed 0 inside the bands, so the demo is not an "
            + "independent sample.\n"
            + "- Band: 95% Wilson interval of one published run. \"overall\" is the mean over prompts.\n"
            + "- Fitted: levels and spreads of both generators (how often an aspect of an image is right, and how much "
            + "this varies over prompts), boosts of Reflect-DiT (what feedback adds), and the judge's rates of wrong "
            + "verdicts.\n"
            + "- Assumed: Reflect-DiT's categories at N=1, which are not published, have all come the same share of "
            + "the way from SANA-1.0 at N=1 to Reflect-DiT at N=20. Also assumed: every kind of feedback helps, by at "
            + $"least {Knobs.MinBoost} times the spread, because the published numbers cannot separate, for each "
            + "aspect, repair by feedback from luck. What the simulated arms show about feedback was put in and is no "
            + "evidence.\n");
        for (var arm = 0; arm < arms.Count; arm++)
        {
            var sweep = Fit.Sweep(arm, arms[arm], values);
            var expected = new ArmShares(prompts, sweep.CountCorrect(prompts, FitSeeds.Check), FitSeeds.Check.Count);
            var demo = new ArmShares(prompts, sweep.CountCorrect(prompts, FitSeeds.Demo), 1);
            text.Append($"\n## {arms[arm].Name} (simulated)\n\n")
                .Append("| N | metric | published | band | simulated expectation | simulated demo | both inside |\n")
                .Append("| ---: | --- | ---: | --- | ---: | ---: | --- |\n");
            foreach (var target in arms[arm].Targets)
            {
                var (point, metric) = (target.Point, target.Metric);
                text.Append(Row(target, expected.Share(point, metric), demo.Share(point, metric)));
            }

        }

        return text.Append(WithoutFeedback(arms, prompts, values)).ToString();
    }

    /// <summary>What the fit says of numbers that nobody has published.</summary>
    private static string WithoutFeedback(
        IReadOnlyList<FitArm> arms, IReadOnlyList<PromptMetadata> prompts, IReadOnlyDictionary<string, double> values)
    {
        var reflection = Fit.Sweep(1, arms[1], values);
        var resampling = reflection with { Strategy = arms[0].Strategy };
        var text = new StringBuilder(
            "\n## Reflect-DiT's generator with and without feedback (simulated expectation, nothing published)\n\n"
            + "| metric | N=1 | N=20, best-of-N without feedback | N=20, reflection |\n| --- | ---: | ---: | ---: |\n");
        var with = new ArmShares(prompts, reflection.CountCorrect(prompts, FitSeeds.Check), FitSeeds.Check.Count);
        var without = new ArmShares(prompts, resampling.CountCorrect(prompts, FitSeeds.Check), FitSeeds.Check.Count);
        var last = SceneSweep.CurvePoints.Count - 1;
        foreach (var metric in GenEvalBenchmark.Columns.Where(m => m != Metric.MeanOverCategories))
        {
            text.Append($"| {metric.Category ?? "overall"} | {with.Share(0, metric):F3} "
                + $"| {without.Share(last, metric):F3} | {with.Share(last, metric):F3} |\n");
        }

        return text.ToString();
    }

    private static string Row(Target target, double expected, double demo)
    {
        var inside = target.Band.Contains(expected) && target.Band.Contains(demo);
        return $"| {target.N} | {target.Metric.Category ?? "overall"} | {target.Published.Text} "
            + $"| {target.Band.Low:F3} to {target.Band.High:F3} | {expected:F3} | {demo:F3} "
            + $"| {(inside ? "yes" : "NO")} |\n";
    }
}

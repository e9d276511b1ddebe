using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Reports;

/// <summary>Results made by hand, whose numbers are known.</summary>
internal static class Sweeps
{
    public static readonly IStrategy Reflection20 = new Reflection(20, 3, ReflectionQuirks.Paper);
    public static readonly IStrategy BestOf20 = new BestOfN(20, Selector.FirstAccept);

    public static BenchmarkTables Tables { get; } = new GenEvalBenchmark(43, 1).Tables;

    public static ScorerSettings Scorer { get; } = new("detector", "simulated", "{}");

    /// <summary>The published 553 prompts by category, each category in one run.</summary>
    public static IReadOnlyList<SweepPrompt> Prompts { get; } =
    [
        .. Categories.All.SelectMany(c => Enumerable.Repeat(c, Tables.Published.Prompts[c]))
            .Select((tag, i) => new SweepPrompt(i, tag, $"prompt {i}")),
    ];

    /// <summary>
    /// Reflect-DiT's released set: 78/80, 95/99, 64/80, 83/94, 66/100 and 60/100 at N=20, reached over
    /// 405, 429, 438, 442, 442 and 446 of 553 at N = 1, 4, 8, 12, 16 and 20.
    /// </summary>
    public static ArmResults ReflectDit { get; } = new(
        "reflect-dit", true, "reflect-dit", Reflection20,
        Chains([78, 95, 64, 83, 66, 60], [(405, 1), (429, 4), (438, 8), (442, 12), (446, 20)]), 0, 0);

    /// <summary>SANA-1.0 best-of-20: 415/553 = 0.750 at N=20, 343/553 = 0.620 at N=1.</summary>
    public static ArmResults Sana { get; } = new(
        "sana", true, "sana-1.0-best-of-20", BestOf20,
        Chains([79, 86, 58, 83, 54, 55], [(343, 1), (390, 4), (404, 8), (411, 12), (415, 20)]), 0, 0);

    public static SweepResults Two { get; } = Of(Sana, ReflectDit);

    public static SweepResults Of(params ArmResults[] arms) => new("two-arms", "3f2a", 43, 1, Tables, Prompts, arms)
    {
        Scorer = Scorer,
    };

    public static Report Table1(SweepResults results) => Table(results, "table1");

    public static Report Curve(SweepResults results) => Table(results, "curve");

    public static Report Table(SweepResults results, string layout) => ChainReport.Layouts.Contains(layout)
        ? ChainReport.Build(results, layout)
        : TableReport.Build(results, layout);

    public static ChainResult Chain(int prompt, int shown, params AttemptResult[] attempts) =>
        new(prompt, 0, shown, attempts);

    /// <summary>An attempt by its marks: + accepted, anything else rejected; C correct, anything else wrong.</summary>
    public static AttemptResult Attempt(string marks, double score = 0.5)
    {
        var accepted = marks.Contains('+');
        return new(
            new Verdict(accepted, score, 1 - score, accepted ? "" : "the cat is missing"),
            marks.Contains('C') ? 1 : 0,
            marks.Contains('C'),
            new AttemptCosts(2, 1, 0.5, 40, 1400));
    }

    /// <summary>The cell of a row at a column, found by what it is.</summary>
    public static Cell Cell(this Report report, string arm, int n, Metric metric, string? versus = null) =>
        report.Sections.SelectMany(s => s.Rows).SelectMany(r => r.Cells).OfType<Cell>()
            .Where(c => c.Measured is not null && c.Versus?.Arm == versus)
            .Single(c => c.Arm == arm && c.N == n && c.Metric == metric);

    /// <param name="correct">Prompts that end correct in each category, its first ones.</param>
    /// <param name="steps">How many prompts in all are correct after so many attempts.</param>
    private static List<ChainResult> Chains(int[] correct, (int Prompts, int Attempts)[] steps)
    {
        var (chains, done) = (new List<ChainResult>(), 0);
        var seen = Categories.All.ToDictionary(c => c, _ => 0);
        foreach (var prompt in Prompts)
        {
            var ends = seen[prompt.Stratum]++ < correct[Categories.All.ToList().IndexOf(prompt.Stratum)];
            var attempts = ends ? steps.First(s => done < s.Prompts).Attempts : 20;
            done += ends ? 1 : 0;
            chains.Add(Chain(
                prompt.Index,
                attempts - 1,
                [.. Enumerable.Range(1, attempts).Select(a => Attempt(ends && a == attempts ? "+C" : "-"))]));
        }

        return chains;
    }
}

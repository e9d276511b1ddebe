using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Tests.Statistics;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Reports.Sweeps;

namespace ReflectDiT.Eval.Analysis.Tests.Reports;

public sealed class LayoutTests
{
    private const string Sana = "sana SIMULATED";
    private const string ReflectDit = "reflect-dit SIMULATED";

    private static readonly Report TableOfTwo = Table1(Two);
    private static readonly Report CurveOfTwo = Curve(Two);

    [Fact]
    public void Released_counts_give_both_published_meanings_of_overall()
    {
        var prompts = TableOfTwo.Cell(ReflectDit, 20, Metric.MeanOverPrompts);
        Assert.Equal(446 / 553.0, prompts.Measured!.Value, 12);
        Assert.Equal(0, prompts.Difference!.Value, 12);
        Assert.Equal(Wilson.Share(446 / 553.0, 553), prompts.Measured.Interval);
        Assert.True(prompts.InNoiseBand);

        // (78/80 + 95/99 + 64/80 + 83/94 + 66/100 + 60/100) / 6
        Assert.Equal(0.81293, TableOfTwo.Cell(ReflectDit, 20, Metric.MeanOverCategories).Measured!.Value, 5);

        var lines = ReportFormat.Render(TableOfTwo, "text").Split('\n');
        var at = Array.FindIndex(lines, l => l == "reflect-dit SIMULATED, N=20");
        Assert.Equal(
            ["ours", "0.807", "0.813", "0.975", "0.960", "0.800", "0.883", "0.660", "0.600"],
            lines[at + 2].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Curve_gives_the_published_counts_at_every_n()
    {
        int[] counts = [405, 429, 438, 442, 442, 446];
        int[] tries = [1, 4, 8, 12, 16, 20];
        foreach (var (n, count) in tries.Zip(counts))
        {
            var cell = CurveOfTwo.Cell(ReflectDit, n, Metric.MeanOverPrompts);
            Assert.Equal(count / 553.0, cell.Measured!.Value, 12);
            Assert.Equal(0, cell.Difference!.Value, 12);
        }

        var lines = ReportFormat.Render(CurveOfTwo, "text").Split('\n');
        var at = Array.FindIndex(lines, l => l == "reflect-dit SIMULATED, mean over prompts");
        Assert.Equal(
            ["ours", "0.732", "0.776", "0.792", "0.799", "0.799", "0.807"],
            lines[at + 2].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Table_1_has_n_1_of_the_generator_of_every_arm()
    {
        Assert.Equal(405 / 553.0, TableOfTwo.Cell(ReflectDit, 1, Metric.MeanOverPrompts).Measured!.Value, 12);
        var sana = TableOfTwo.Cell(Sana, 1, Metric.MeanOverPrompts);
        Assert.Equal((343 / 553.0) - 0.62, sana.Difference!.Value, 12);
        Assert.Equal("0.19", TableOfTwo.Cell(Sana, 1, Of(Categories.Position)).Published!.Text);
    }

    [Fact]
    public void Difference_between_arms_is_paired_by_prompt_with_the_published_difference_beside()
    {
        var prompts = TableOfTwo.Cell(ReflectDit, 20, Metric.MeanOverPrompts, Sana);
        Assert.Equal((446 - 415) / 553.0, prompts.Measured!.Value, 12);
        Assert.Equal((446 / 553.0) - 0.751, prompts.Published!.Value, 12);

        // 32 prompts gained (9 two-object, 6 counting, 12 position, 5 attribution), 1 single-object prompt lost.
        AssertScore(553, 32, 1, prompts.Measured.Interval);

        // Arms that agree on all 94 prompts need not be equal.
        var colours = TableOfTwo.Cell(ReflectDit, 20, Of(Categories.Colors), Sana);
        Assert.Equal(0, colours.Measured!.Value);
        AssertScore(94, 0, 0, colours.Measured.Interval);
        Assert.Equal("paired-score",
            TableOfTwo.Cell(ReflectDit, 20, Metric.MeanOverCategories, Sana).Measured!.Method);
    }

    /// <summary>
    /// Published 0.751 of 553, whose own Wilson interval ends at 0.785. By Newcombe's formula (1998, method 10) in Python two runs
    /// may differ by 0.0492 where ours is 442 or 443: the one is 0.0483 above it, the other 0.0501.
    /// </summary>
    [Fact]
    public void Noise_band_counts_the_noise_of_both_runs()
    {
        var sana = Sweeps.Tables.Published.Arm("sana-1.0-best-of-20")!;
        static Measurement Ours(int correct) => new(correct / 553.0, Wilson.Share(correct / 553.0, 553), 553, 553, "wilson");
        Assert.False(NoiseBand.Of(sana, 20, Metric.MeanOverPrompts)!.Value.Contains(442 / 553.0));
        Assert.Equal(
            [false, true, true, false],
            new[] { 386, 390, 442, 443 }.Select(ours => NoiseBand.Holds(sana, 20, Metric.MeanOverPrompts, Ours(ours))));
    }

    private static void AssertScore(int n, int b, int c, Interval actual)
    {
        var row = Golden.Paired("score").Single(r => (r.Whole("n"), r.Whole("b"), r.Whole("c")) == (n, b, c));
        Assert.Equal(row.GetProperty("interval")[0].GetDouble(), actual.Low, 1e-7);
        Assert.Equal(row.GetProperty("interval")[1].GetDouble(), actual.High, 1e-7);
    }

    [Fact]
    public void Value_far_from_the_published_one_is_outside_its_noise_band()
    {
        var table = Table1(Sweeps.Of(Sweeps.Sana with { Published = "reflect-dit" }));
        Assert.False(table.Cell(Sana, 20, Metric.MeanOverPrompts).InNoiseBand);
        Assert.Contains("-0.056 OUT", ReportFormat.Render(table, "md"), StringComparison.Ordinal);
        Assert.Contains("  as two runs ", ReportFormat.Render(table, "text"), StringComparison.Ordinal);
    }

    [Fact]
    public void Arm_without_published_counterpart_is_measured_alone()
    {
        var report = Table1(Sweeps.Of(Sweeps.Sana with { Published = null, Simulated = false }));
        var cell = report.Cell("sana", 20, Metric.MeanOverPrompts);
        Assert.Null(cell.Published);
        Assert.Null(cell.Difference);
        Assert.Null(cell.InNoiseBand);
    }

    [Fact]
    public void Incomplete_arm_is_about_the_chains_present_and_says_which_are_missing()
    {
        // Without prompts 0 to 2 (correct) and 79 (wrong).
        var report = Table1(Sweeps.Of(Sweeps.ReflectDit with
        {
            Chains = [.. Sweeps.ReflectDit.Chains.Where(c => c.Prompt is not (0 or 1 or 2 or 79))],
            Failed = 1,
            Open = 3,
        }));
        var warning = Assert.Single(report.Warnings);
        Assert.StartsWith(
            "INCOMPLETE: reflect-dit SIMULATED has 549 of 553 chains (1 failed, 3 open)",
            warning,
            StringComparison.Ordinal);
        Assert.EndsWith("prompts (from 0): 0-2, 79.", warning, StringComparison.Ordinal);
        var cell = report.Cell(ReflectDit, 20, Metric.MeanOverPrompts);
        Assert.Equal((443 / 549.0, 549, 553), (cell.Measured!.Value, cell.Measured.Prompts, cell.Measured.Of));
        Assert.False(cell.Complete);
        Assert.Null(cell.InNoiseBand);
        Assert.All(
            report.Sections.SelectMany(s => s.Rows).Where(r => r.Kind is RowKind.Arm),
            r => Assert.Contains("SIMULATED INCOMPLETE", r.Title, StringComparison.Ordinal));
    }

    [Fact]
    public void Difference_is_over_the_prompts_that_both_arms_have()
    {
        // Prompt 78 is correct in sana alone: without it, nothing is lost.
        var report = Table1(Sweeps.Of(
            Sweeps.Sana with { Chains = [.. Sweeps.Sana.Chains.Where(c => c.Prompt != 78)] }, Sweeps.ReflectDit));
        var cell = report.Cell(ReflectDit, 20, Metric.MeanOverPrompts, Sana);
        Assert.Equal((32 / 552.0, 552), (cell.Measured!.Value, cell.Measured.Prompts));
        Assert.False(cell.Complete);
    }

    [Fact]
    public void Sweep_over_some_prompts_compares_only_whole_categories_with_published_numbers()
    {
        var some = Two with
        {
            Prompts = [.. Prompts.Take(100)],
            Arms = [Sweeps.Sana with { Chains = [.. Sweeps.Sana.Chains.Where(c => c.Prompt < 100)] }],
        };
        var report = Table1(some);
        var single = report.Cell(Sana, 20, Of(Categories.SingleObject));
        Assert.Equal((79 / 80.0) - 0.99, single.Difference!.Value, 12);
        var overall = report.Cell(Sana, 20, Metric.MeanOverPrompts);
        Assert.Equal("0.751", overall.Published!.Text);
        Assert.Null(overall.Difference);
        Assert.Null(overall.InNoiseBand);
        Assert.Contains(report.Notes, n => n.Contains("The sweep has 100 prompts", StringComparison.Ordinal));

        // Four categories have no prompt: their mean is not the mean over GenEval's categories.
        Assert.DoesNotContain(
            report.Sections.SelectMany(s => s.Rows).SelectMany(r => r.Cells),
            c => c?.Measured is not null && c.Metric == Metric.MeanOverCategories);
    }

    [Fact]
    public void Replicates_enter_as_means_of_their_prompt_and_the_report_says_so()
    {
        var twice = Two with
        {
            Replicates = 2,
            Arms =
            [
                Sweeps.Sana with
                {
                    Chains = [.. Sweeps.Sana.Chains, .. Sweeps.ReflectDit.Chains.Select(c => c with { Replicate = 1 })],
                },
            ],
        };
        var report = Table1(twice);
        var cell = report.Cell(Sana, 20, Metric.MeanOverPrompts);
        Assert.Equal((415 + 446) / 2.0 / 553, cell.Measured!.Value, 12);
        Assert.Equal(553, cell.Measured.Prompts);
        Assert.Contains(report.Notes, n => n.StartsWith("2 replicates:", StringComparison.Ordinal));
    }

    [Fact]
    public void Arm_of_small_n_ends_its_curve_there()
    {
        var report = Curve(Sweeps.Of(Sweeps.Sana, Sweeps.ReflectDit with
        {
            Strategy = new Reflection(6, 3, ReflectionQuirks.Paper),
            Chains = [.. Sweeps.ReflectDit.Chains.Select(c => c with
            {
                Attempts = [.. c.Attempts.Take(6)],
                Shown = Math.Min(c.Shown, 5),
            })],
        }));
        Assert.Equal(["N=1", "N=4", "N=6", "N=8", "N=12", "N=16", "N=20"], report.Columns);
        var own = report.Sections.SelectMany(s => s.Rows)
            .Single(r => r.Title == "reflect-dit SIMULATED, mean over prompts");
        Assert.Equal([1, 4, 6], own.Cells.OfType<Cell>().Select(c => c.N));
        Assert.Equal(429 / 553.0, own.Cells[2]!.Measured!.Value, 12);
        Assert.Null(own.Cells[2]!.Published);
    }

    /// <summary>Table 3 has K=1 at 0.738 of 553 prompts for N=4; ours is 0.038 above it, and two runs may differ by 0.050.</summary>
    [Fact]
    public void Ablation_stands_beside_the_row_that_it_reproduces()
    {
        var report = Table(Sweeps.Of(Sweeps.ReflectDit with { Published = "reflect-dit-k1" }), "table3");
        var cell = report.Cell(ReflectDit, 4, Metric.MeanOverPrompts);
        Assert.Equal("0.738", cell.Published!.Text);
        Assert.Equal((429 / 553.0) - 0.738, cell.Difference!.Value, 12);
        Assert.True(cell.InNoiseBand);
        Assert.True(report.Cell(ReflectDit, 16, Metric.MeanOverPrompts).InNoiseBand);
        Assert.Equal(
            ["SANA-1.0, best-of-N", "K=1", "K=2", "K=3 (default)"], report.Sections[0].Rows.Select(r => r.Title));
        Assert.Contains(report.Details, n => n.StartsWith("K=1 at N=8 (0.755)", StringComparison.Ordinal));
    }

    [Fact]
    public void Table_of_another_benchmark_has_published_numbers_alone_and_says_so()
    {
        var report = Table(Two, "table6");
        Assert.Equal(["all", "Hard-246", "Hard-56"], report.Columns);
        Assert.All(Assert.Single(report.Sections).Rows, r => Assert.Equal(RowKind.Published, r.Kind));
        Assert.Equal(
            ["86.1", "69.5", "51.8"], report.Sections[0].Rows[^1].Cells.Select(c => c!.Published!.Text));
        Assert.Contains(report.Details, n => n.Contains("cannot stand beside them", StringComparison.Ordinal));
    }

    private static Metric Of(string category) => GenEvalBenchmark.Columns.Single(m => m.Category == category);
}

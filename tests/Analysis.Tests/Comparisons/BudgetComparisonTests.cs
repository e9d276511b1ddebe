using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Analysis.Tests.Statistics;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Comparisons.Compared;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

public sealed class BudgetComparisonTests
{
    /// <summary>
    /// Each arm always draws 2 images. One is right in the first for half of the prompts, in the second for all; the
    /// other always in half of them. At 1.5 images a prompt they have 0.75 and 0.5.
    /// </summary>
    [Fact]
    public void Equal_budget_is_interpolated_between_two_numbers_of_attempts()
    {
        ArmResults Arm(string name, Func<int, string> second) => new(
            name, false, null, new Reflection(2, 3, ReflectionQuirks.Paper),
            [
                .. Enumerable.Range(0, 100).Select(p => Sweeps.Chain(
                    p, 1, Sweeps.Attempt(p % 2 == 0 ? "C" : ""), Sweeps.Attempt(second(p)))),
            ],
            0, 0);
        var sweep = new SweepResults(
            "small", "1", 1, 1, Sweeps.Tables,
            [.. Enumerable.Range(0, 100).Select(p => new SweepPrompt(p, "counting", $"{p}"))],
            [Arm("a", _ => "C"), Arm("b", p => p % 2 == 0 ? "C" : "")])
        {
            Scorer = Sweeps.Scorer,
        };
        var (a, b) = (new ComparedArm(sweep, sweep.Arms[0]), new ComparedArm(sweep, sweep.Arms[1]));
        var comparison = Compare(a, b, at: "budget:attempts=1.5");
        Assert.Equal((0.75, 0.5), (comparison.Decisive.First, comparison.Decisive.Second));
        Assert.InRange(comparison.Decisive.Interval.Low, 0.15, 0.25);
        Assert.Equal(Outcome.Better, comparison.Outcome);
        Assert.EndsWith(", over 100 prompts and for prompts like them, at 1.5 images a prompt each", VerdictText.Of(comparison), StringComparison.Ordinal);

        // An attempt takes 1.5 device seconds: 2.25 of them are the same 1.5 attempts.
        var seconds = Compare(a, b, at: "budget:device-seconds=2.25").Decisive;
        Assert.Equal((0.75, 0.5), (Math.Round(seconds.First, 12), seconds.Second));
        Assert.Contains(
            "a was run at 1 to 2, b at 1 to 2",
            Assert.Throws<ArgumentException>(() => Compare(a, b, at: "budget:attempts=3")).Message,
            StringComparison.Ordinal);

        // By hand: the first arm has 0.5 at one image, the second at any number.
        var reached = comparison.Reached!;
        Assert.Equal((0.5, 1, 1, 1), (reached.Share, reached.First.Value, reached.Second.Value, reached.Ratio.Value));
        Assert.StartsWith("To reach 0.500, a needs at most 1 (95% less than was run to ", VerdictText.OfReached(comparison), StringComparison.Ordinal);
        foreach (var format in ReportFormat.Names)
        {
            Assert.Contains(
                format == "json" ? "reached_share" : "To reach 0.500",
                ComparisonFormat.Render(comparison, [], format),
                StringComparison.Ordinal);
            Assert.Contains(
                "1.5 images a prompt",
                ComparisonFormat.Render(comparison, [], format).Replace('\n', ' '),
                StringComparison.Ordinal);
        }
    }

    /// <summary>Four discordant prompts of 553, all one way: the rule is the same wherever the arms are compared.</summary>
    [Fact]
    public void Budget_that_is_no_other_than_a_number_of_attempts_has_its_verdict()
    {
        ArmResults Arm(string name, int correct) => new(
            name, false, null, new Reflection(2, 3, ReflectionQuirks.Paper),
            [.. Enumerable.Range(0, 553).Select(p => Sweeps.Chain(p, 1, Sweeps.Attempt(""), Sweeps.Attempt(p < correct ? "C" : "")))],
            0, 0);
        var sweep = Sweeps.Of(Arm("a", 304), Arm("b", 300));
        var (a, b) = (new ComparedArm(sweep, sweep.Arms[0]), new ComparedArm(sweep, sweep.Arms[1]));
        var whole = Compare(a, b).Decisive;
        foreach (var at in new[] { "2", "1,2", "budget:attempts=2", "budget:device-seconds=3" })
        {
            var row = Compare(a, b, at: at).Decisive;
            Assert.Equal((whole.P, whole.Interval, whole.Significant), (row.P, row.Interval, row.Significant));
        }

        Assert.False(whole.Significant);
        Golden.AssertEqual(Golden.ScoreP(4, 0), whole.P, 1e-9, "b=4, c=0");
    }

    /// <summary>Each arm in each category: always right, or at the second image; colors take one image in A and two in B.</summary>
    [Fact]
    public void Category_without_a_row_at_a_budget_is_listed_with_the_reason_and_censored_budgets_say_at_most()
    {
        ArmResults Arm(string name, Func<int, string[]> marks) => new(
            name, false, null, new Reflection(2, 3, ReflectionQuirks.Paper),
            [.. Enumerable.Range(0, 40).Select(p => Sweeps.Chain(
                p, marks(p).Length - 1, [.. marks(p).Select(m => Sweeps.Attempt(m))]))],
            0, 0);
        var sweep = new SweepResults(
            "small", "1", 1, 1, Sweeps.Tables,
            [.. Enumerable.Range(0, 40).Select(p => new SweepPrompt(p, p < 20 ? "counting" : "colors", $"{p}"))],
            [Arm("a", p => p < 20 ? ["", "+C"] : ["+C"]), Arm("b", p => p < 20 ? ["", "+C"] : ["", ""])])
        {
            Scorer = Sweeps.Scorer,
        };
        var comparison = Compare(new(sweep, sweep.Arms[0]), new(sweep, sweep.Arms[1]), at: "budget:attempts=1.25");
        Assert.DoesNotContain(comparison.Rows, r => r.Metric.Category == "colors");
        var absent = comparison.Absent.Single(a => a.Metric.Category == "colors");
        Assert.Equal("a was run at 1 to 1, b at 1 to 2", absent.Reason);
        foreach (var format in ReportFormat.Names)
        {
            Assert.Contains(
                "a was run at 1 to 1, b at 1 to 2",
                string.Join(' ', ComparisonFormat.Render(comparison, [], format).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)),
                StringComparison.Ordinal);
        }

        // b has 0.125 at the budget, which a has with its first image: at most 1, and so the ratio.
        Assert.Equal((true, 1.0, null), (comparison.Reached!.First.Reached.AtMost, comparison.Reached.First.Value, comparison.Reached.First.Low));
        Assert.True(comparison.Reached.Ratio.Reached.AtMost);
        Assert.Null(comparison.Reached.Ratio.Low);
        Assert.Contains("a needs at most 1 and", VerdictText.OfReached(comparison), StringComparison.Ordinal);
        Assert.Contains("what its own prompts cost", ComparisonFormat.Render(comparison, [], "md"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("4,")]
    [InlineData("8,4")]
    [InlineData("4,4")]
    [InlineData("budget:energy=3")]
    [InlineData("budget:attempts")]
    [InlineData("budget:attempts=-1")]
    public void Point_that_is_none_is_refused_with_what_is_possible(string text) =>
        Assert.Contains(
            "judge-tokens", Assert.Throws<FormatException>(() => ComparisonPoint.Parse(text)).Message, StringComparison.Ordinal);
}

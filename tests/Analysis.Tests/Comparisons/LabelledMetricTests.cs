using System.Text.Json;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Comparisons.Compared;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

public sealed class LabelledMetricTests
{
    /// <summary>People agree with the scorer on every seventh prompt but for prompt 0, which is good in one arm alone.</summary>
    private static readonly IReadOnlyList<ImageLabel> Labels =
    [
        .. new[] { Reflecting, Best }.SelectMany(a => a.Arm.Chains.Where(c => c.Prompt % 7 == 0).Select(c => new ImageLabel(
            a.Arm.Name, c.Prompt, 0, c.Shown, c.Prompt == 0 ? a == Best ? 1 : 0 : c.Attempts[c.Shown].Value!.Value))),
    ];

    [Fact]
    public void True_shares_and_their_difference_come_from_labels_and_scores_together()
    {
        var rows = LabelledMetric.Of(Reflecting, Best, Whole, Labels);
        Assert.Equal(Sweeps.Two.Metrics, rows.Select(r => r.Metric));
        var overall = rows[0];
        Assert.Equal((79, 553), (overall.First.Labelled, overall.First.Prompts));
        Assert.InRange(overall.Second.Weight, 0.8, 1);
        Assert.True(overall.First.Interval.Contains(446 / 553.0) && overall.Second.Interval.Contains(415 / 553.0));

        // One label of 79 is against the first arm, where the scorer sees no difference.
        Assert.InRange(overall.Difference.Value, (31 / 553.0) - 0.03, 31 / 553.0);
        Assert.True(overall.Difference.Interval.High - overall.Difference.Interval.Low
            > Compare(Reflecting, Best).Decisive.Interval.High - Compare(Reflecting, Best).Decisive.Interval.Low);
    }

    [Fact]
    public void Every_format_says_what_labels_make_of_it()
    {
        var comparison = Compare(Reflecting, Best) with { Labelled = LabelledMetric.Of(Reflecting, Best, Whole, Labels) };
        foreach (var format in ReportFormat.Names)
        {
            var text = ComparisonFormat.Render(comparison, [], format);
            Assert.Contains(
                format switch { "json" => "\"weight_of_scorer\"", "csv" => "79 prompts labelled", _ => "labels of 79 of 553 prompts" },
                text.Replace('\n', ' '),
                StringComparison.Ordinal);
        }

        Assert.All(ComparisonFormat.Render(comparison, [], "text").Split('\n'), l => Assert.InRange(l.Length, 0, 99));
        var data = JsonDocument.Parse(ComparisonFormat.Render(comparison, [], "json")).RootElement.GetProperty("labelled")[0];
        Assert.Equal(comparison.Labelled[0].Difference.Value, data.GetProperty("difference").GetProperty("value").GetDouble());
    }

    [Fact]
    public void Labels_that_say_nothing_of_what_is_compared_are_refused()
    {
        void Refused(string expected, ComparedArm first, string? at, IReadOnlyList<ImageLabel> labels) => Assert.Contains(
            expected,
            Assert.Throws<ArgumentException>(() => LabelledMetric.Of(
                first, Best, at is null ? Whole : ComparisonPoint.Parse(at), labels)).Message,
            StringComparison.Ordinal);

        Refused("nor of a budget", Reflecting, "budget:attempts=2", Labels);
        Refused("neither of two sweeps", Reflecting with { Sweep = Sweeps.Two with { Id = "other" } }, null, Labels);
        Refused("Fewer than 2 prompts", Reflecting, null, [.. Labels.Take(1)]);
        Refused(
            "it shows no one that has a label",
            Reflecting with { Arm = Sweeps.ReflectDit with { Strategy = new BestOfN(20, Selector.JudgeScore) } },
            "4",
            Labels);
    }
}

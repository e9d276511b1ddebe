using System.Text.Json;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Analysis.Tests.Statistics;
using ReflectDiT.Eval.Benchmarks.GenEval;
using static ReflectDiT.Eval.Analysis.Tests.Comparisons.Compared;

namespace ReflectDiT.Eval.Analysis.Tests.Comparisons;

public sealed class ComparisonFormatTests
{
    [Fact]
    public void Arm_without_a_judge_is_not_called_judged()
    {
        var unjudged = Best with
        {
            Arm = Sweeps.Sana with
            {
                Chains =
                [
                    .. Sweeps.Sana.Chains.Select(c => c with
                    {
                        Shown = 0,
                        Attempts = [c.Attempts[0] with { Verdict = null }],
                    }),
                ],
            },
        };
        var text = ComparisonFormat.Render(Compare(Reflecting, unjudged), [], "md");
        Assert.Contains("B 1.00 and 0.00.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("each judged", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Exact_p_stands_beside_the_verdict_where_detail_is_asked_for()
    {
        var comparison = Compare(Reflecting, Best, GenEvalBenchmark.Columns.Single(m => m.Category == Categories.ColorAttr));
        Assert.Contains("0.0625", ComparisonFormat.Render(comparison, [], "text", detail: true), StringComparison.Ordinal);
        var plain = ComparisonFormat.Render(comparison, [], "text");
        Assert.DoesNotContain("0.0625", plain, StringComparison.Ordinal);
        Assert.All(plain.Split("\n\n")[1].Split('\n'), l => Assert.InRange(l.Length, 0, 100));
    }

    [Fact]
    public void Every_format_says_the_verdict_simulated_and_what_was_allowed()
    {
        var comparison = Compare(Reflecting, Best);
        Concern[] allowed = [new(Concern.Oracle, "said so")];
        foreach (var format in ReportFormat.Names)
        {
            var text = ComparisonFormat.Render(comparison, allowed, format);
            Assert.Contains("reflect-dit SIMULATED is better than sana SIMULATED", text, StringComparison.Ordinal);
            Assert.Contains("said so", text, StringComparison.Ordinal);
            Assert.Contains("prompt 78", text, StringComparison.Ordinal);
            Assert.EndsWith("\n", text, StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Json_has_the_outcome_and_full_precision()
    {
        var json = JsonDocument.Parse(ComparisonFormat.Render(Compare(Reflecting, Best), [], "json")).RootElement;
        Assert.Equal("better", json.GetProperty("outcome").GetString());
        var row = json.GetProperty("rows")[0];
        Assert.Equal(2 * 34 / Math.Pow(2, 33), row.GetProperty("exact_p").GetDouble(), 15);
        Assert.Equal(Golden.ScoreP(32, 1), row.GetProperty("p").GetDouble(), 12);
        Assert.Equal((32, 1), (row.GetProperty("only_first").GetInt32(), row.GetProperty("only_second").GetInt32()));
        Assert.Equal(33, json.GetProperty("prompts").GetArrayLength());
    }

    [Fact]
    public void Text_begins_with_the_arms_and_the_verdict()
    {
        var lines = ComparisonFormat.Render(Compare(Reflecting, Best), [], "text").Split('\n');
        Assert.Equal("A: reflect-dit SIMULATED; B: sana SIMULATED", lines[0]);
        Assert.StartsWith("reflect-dit SIMULATED is better than", lines[1], StringComparison.Ordinal);
        Assert.All(lines, l => Assert.InRange(l.Length, 0, 99));
        Assert.InRange(lines.Length, 10, 50);
    }
}

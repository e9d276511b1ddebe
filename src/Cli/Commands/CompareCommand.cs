using System.CommandLine;
using ReflectDiT.Eval.Core.Comparisons;
using ReflectDiT.Eval.Core.Reports;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit compare A B</c>: is A better than B, by how much, and could it be noise?</summary>
internal static class CompareCommand
{
    /// <summary>The published word, for the mean over prompts.</summary>
    private const string Overall = "overall";

    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var first = new Argument<string>("A") { Description = "SWEEP/ARM: a sweep's name or id, an arm's name or number from 0" };
        var second = new Argument<string>("B") { Description = "What A is compared with, of the same sweep or another" };
        var metric = new Option<string>("--metric")
        {
            Description = "What the verdict is about: overall (mean over prompts), mean_over_categories or a category",
            DefaultValueFactory = _ => Overall,
        };
        metric.AcceptOnlyFromAmong([Overall, .. Metric.All.Select(m => m.Id)]);
        var at = new Option<int?>("--at") { Description = "Attempts that each chain may use; as many as each arm has if left out" };
        at.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is < 1)
            {
                r.AddError("--at must be at least 1");
            }
        });
        var allow = new Option<string[]>("--allow")
        {
            Description = $"Compare in spite of: {string.Join(", ", Concern.Names)}; may be repeated",
            DefaultValueFactory = _ => [],
        };
        allow.AcceptOnlyFromAmong([.. Concern.Names]);
        var format = new Option<string>("--format")
        {
            Description = string.Join(", ", ReportFormat.Names),
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong([.. ReportFormat.Names]);
        var command = new Command("compare", "Say which of two arms is better, by how much, and whether it could be noise")
        {
            first, second, metric, at, allow, format,
        };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var session = await ledger.OpenAsync(parsed, cancellation);
            var a = await ArmAddress.FindAsync(session, parsed.GetRequiredValue(first), cancellation);
            var b = await ArmAddress.FindAsync(session, parsed.GetRequiredValue(second), cancellation);
            if (a.Sweep.Id == b.Sweep.Id && a.Arm.Name == b.Arm.Name)
            {
                throw new UsageException($"A and B are the same arm, '{a.Arm.Name}' of {a.Sweep.Sweep}");
            }

            var concerns = Concern.Of(a, b);
            Refuse([.. concerns.Where(c => !parsed.GetRequiredValue(allow).Contains(c.Name))]);
            var id = parsed.GetRequiredValue(metric);
            var about = id == Overall ? Metric.MeanOverPrompts : Metric.All.Single(m => m.Id == id);
            var comparison = Compare(a, b, about, parsed.GetValue(at));
            Console.Write(ComparisonFormat.Render(comparison, concerns, parsed.GetRequiredValue(format)));
            return comparison.Outcome is Outcome.Inconclusive ? ExitCode.Inconclusive : ExitCode.Done;
        });
        return command;
    }

    private static void Refuse(IReadOnlyList<Concern> concerns)
    {
        if (concerns.Count > 0)
        {
            throw new UsageException(
                $"this comparison would mislead:\n{string.Concat(concerns.Select(c => $"  {c.Text}\n"))}"
                + $"To compare all the same: {string.Join(' ', concerns.Select(c => c.Name).Distinct().Select(n => $"--allow {n}"))}");
        }
    }

    private static Comparison Compare(ComparedArm a, ComparedArm b, Metric metric, int? at)
    {
        try
        {
            return Comparison.Of(a, b, metric, at, BenchmarkFiles.Published());
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message, e);
        }
    }
}

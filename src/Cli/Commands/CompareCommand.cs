using System.CommandLine;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Exchange.Imports;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit compare A B</c>: is A better than B, by how much, and could it be noise?</summary>
internal static class CompareCommand
{
    /// <summary>The published word, for the mean over prompts.</summary>
    private const string Overall = "overall";

    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var first = new Argument<string>("A")
        {
            Description = "SWEEP/ARM: a sweep's name or id, an arm's name or number from 0. Without B: SWEEP compares all pairs of its "
                + "arms, SWEEP/ARM all other arms with that one",
        };
        var second = new Argument<string?>("B")
        {
            Description = "What A is compared with, of the same sweep or another",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var metric = new Option<string>("--metric")
        {
            Description = "What the verdict is about: overall (mean over prompts), mean_over_categories or a category",
            DefaultValueFactory = _ => Overall,
        };
        var at = new Option<string?>("--at")
        {
            Description = "Attempts that each chain may use, or several (4,8,20: the verdict is about the last, p Holm "
                + "counts all), or budget:AXIS=COST, the same mean cost a prompt; AXIS is "
                + $"{string.Join(", ", BudgetAxes.Names)}. Without it: all attempts of each arm",
        };
        var margin = new Option<double?>("--margin")
        {
            Description = "A difference of less than this does not matter, such as 0.02: the verdict may then be equivalent, or not "
                + "worse. Choose it before you look",
            CustomParser = result => NumberArgument.AtLeast(result, 0.001),
        };
        var anytime = new Option<bool>("--anytime")
        {
            Description = "An interval and a p that hold at every look at an unfinished sweep at once; wider than those of one look",
        };
        var labels = new Option<string?>("--labels")
        {
            Description = "People's labels of some images (CSV: arm, prompt_index, replicate, attempt, label): what they make of the shares "
                + "and of the difference",
        };
        var prices = new PriceOption();
        var allow = new Option<string[]>("--allow")
        {
            Description = $"Compare in spite of a reason why it would mislead: {string.Join(", ", Concern.Names)}; may be repeated",
            DefaultValueFactory = _ => [],
        };
        allow.AcceptOnlyFromAmong([.. Concern.Names]);
        var detail = DetailOption.Create(
            "All prompts that differ, every note, and what decides nothing: the exact test's p, the published difference and the power for it");
        var format = new Option<string>("--format")
        {
            Description = string.Join(", ", ReportFormat.Names),
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong([.. ReportFormat.Names]);
        var scorer = ScorerOption.Create();
        var command = new Command(
            "compare", "Say which of two arms is better, by how much, and whether it could be noise")
        {
            first, second, metric, at, margin, anytime, labels, prices.Option, scorer, allow, detail, format,
        };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var point = Point(parsed.GetValue(at));
            var price = prices.Read(parsed, (point as ComparisonPoint.Budget)?.Axis);
            await using var session = await ledger.OpenExistingAsync(parsed, cancellation);
            if (parsed.GetValue(second) is not { } other)
            {
                if (parsed.GetValue(margin) is not null || parsed.GetValue(detail) || parsed.GetValue(anytime)
                    || parsed.GetValue(labels) is not null)
                {
                    throw new UsageException("--margin, --detail, --anytime and --labels need two arms: name B too");
                }

                var (sweep, baseline) = await ArmAddress.SweepAsync(session, parsed.GetRequiredValue(first), parsed.GetValue(scorer), cancellation);
                return Together(
                    sweep, baseline, About(parsed.GetRequiredValue(metric), sweep), point, price, parsed.GetRequiredValue(allow),
                    parsed.GetRequiredValue(format));
            }

            var a = await ArmAddress.FindAsync(session, parsed.GetRequiredValue(first), parsed.GetValue(scorer), cancellation);
            var b = await ArmAddress.FindAsync(session, other, parsed.GetValue(scorer), cancellation);
            if (a.Sweep.Id == b.Sweep.Id && a.Arm.Name == b.Arm.Name)
            {
                throw new UsageException($"A and B are the same arm, '{a.Arm.Name}' of {a.Sweep.Sweep}");
            }

            var concerns = Concern.Of(a, b, point);
            Refuse([.. concerns.Where(c => !parsed.GetRequiredValue(allow).Contains(c.Name))]);
            var about = About(parsed.GetRequiredValue(metric), a.Sweep);
            var comparison = Try(() => Comparison.Of(a, b, about, point, price, parsed.GetValue(anytime))) with
            {
                Margin = parsed.GetValue(margin),
                Labelled = parsed.GetValue(labels) is { } file ? Try(() => LabelledMetric.Of(a, b, point, Labels(file, a.Sweep))) : [],
            };
            Terminal.Write(
                ComparisonFormat.Render(comparison, concerns, parsed.GetRequiredValue(format), parsed.GetValue(detail)),
                parsed.GetRequiredValue(format));
            return comparison.Outcome is Outcome.Inconclusive ? ExitCode.Inconclusive : ExitCode.Done;
        });
        return command;
    }

    /// <summary>Several arms of a sweep, tested together.</summary>
    private static int Together(
        SweepResults sweep, ArmResults? baseline, Metric metric, ComparisonPoint at, Prices? prices, string[] allow, string format)
    {
        if (at is ComparisonPoint.Attempts { Before.Count: > 0 })
        {
            throw new UsageException("--at: several N need two arms: name B too");
        }

        var pairs = Try(() => ArmsComparison.PairsOf(sweep, baseline));
        var concerns = pairs.SelectMany(p => Concern.Of(p.First, p.Second, at)).DistinctBy(c => (c.Name, c.Text)).ToList();
        Refuse([.. concerns.Where(c => !allow.Contains(c.Name))]);
        var comparison = Try(() => ArmsComparison.Of(pairs, metric, at, prices));
        Terminal.Write(ArmsComparisonFormat.Render(comparison, concerns, format), format);
        return comparison.Different.Any() ? ExitCode.Done : ExitCode.Inconclusive;
    }

    private static Metric About(string id, SweepResults sweep) => id == Overall
        ? Metric.MeanOverPrompts
        : sweep.Metrics.FirstOrDefault(m => m.Id == id) ?? throw new UsageException(
            $"--metric: there is no '{id}'; known: {string.Join(", ", sweep.Metrics.Select(m => m.Id).Prepend(Overall))}");

    private static void Refuse(IReadOnlyList<Concern> concerns)
    {
        if (concerns.Count > 0)
        {
            var allow = string.Join(' ', concerns.Select(c => c.Name).Distinct().Select(n => $"--allow {n}"));
            throw new UsageException(
                $"this comparison would mislead:\n{string.Concat(concerns.Select(c => $"  {c.Text}\n"))}"
                + $"To compare anyway: {allow}");
        }
    }

    private static ComparisonPoint Point(string? at)
    {
        try
        {
            return at is null ? new ComparisonPoint.Whole() : ComparisonPoint.Parse(at);
        }
        catch (FormatException e)
        {
            throw new UsageException($"--at: {e.Message}", e);
        }
    }

    private static IReadOnlyList<ImageLabel> Labels(string file, SweepResults sweep)
    {
        try
        {
            return LabelsCsv.Read(file, sweep);
        }
        catch (RecordException e)
        {
            throw new UsageException($"--labels: {e.Finding}", e);
        }
    }

    private static T Try<T>(Func<T> compare)
    {
        try
        {
            return compare();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message, e);
        }
    }
}

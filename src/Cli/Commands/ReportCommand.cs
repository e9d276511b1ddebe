using System.CommandLine;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit report</c>: a sweep's results beside the published ones.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var sweep = new Argument<string>("SWEEP") { Description = "Its name, its id or the beginning of its id" };
        var layout = new Option<string?>("--layout")
        {
            Description = "A table of the benchmark (GenEval has table1 to table6 of the paper, and curve: Table 2 with the "
                + "authors' re-runs); judge: the judge against the scorer; chains: how chains choose, stop and explore; "
                + "questions: answers by category of question; by default the benchmark's first",
        };
        var format = new Option<string>("--format")
        {
            Description = string.Join(", ", ReportFormat.Names),
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong([.. ReportFormat.Names]);
        var scorer = ScorerOption.Create();
        var detail = DetailOption.Create("Every row and footnote: published rows, categories, sources");
        var command = new Command("report", "Show a sweep's results with intervals, beside the published numbers")
        {
            sweep, layout, scorer, detail, format,
        };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(layout) is { } asked)
            {
                Known(asked, BenchmarkCatalog.Layouts);
            }

            await using var session = await ledger.OpenExistingAsync(parsed, cancellation);
            var row = await session.Sweeps.FindAsync(parsed.GetRequiredValue(sweep), cancellation);
            var results = await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, cancellation, parsed.GetValue(scorer));
            var report = Build(results, parsed.GetValue(layout) ?? Standard(results));
            Terminal.Write(ReportFormat.Render(report, parsed.GetRequiredValue(format), parsed.GetValue(detail)), parsed.GetRequiredValue(format));
            return report.Arms.All(a => a.Complete) ? ExitCode.Done : ExitCode.Incomplete;
        });
        return command;
    }

    /// <summary>What a run ends with.</summary>
    public static string Standard(SweepResults results) =>
        results.Scorer is null ? ChainReport.Judge : results.Tables.Standard;

    /// <exception cref="UsageException">There is no such layout, or nothing to show in it.</exception>
    public static Report Build(SweepResults results, string layout)
    {
        Known(layout, results.Tables.Published.Layouts);
        try
        {
            return layout == QuestionReport.Layout ? QuestionReport.Build(results)
                : ChainReport.Layouts.Contains(layout) ? ChainReport.Build(results, layout)
                : TableReport.Build(results, layout);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    private static void Known(string layout, IEnumerable<string> ofBenchmark)
    {
        string[] layouts = [.. ofBenchmark, .. ChainReport.Layouts, QuestionReport.Layout];
        if (!layouts.Contains(layout))
        {
            throw new UsageException($"there is no layout '{layout}'; known: {string.Join(", ", layouts)}");
        }
    }
}

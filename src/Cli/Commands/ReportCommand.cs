using System.CommandLine;
using ReflectDiT.Eval.Analysis.Reports;
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
        var layout = new Option<string>("--layout")
        {
            Description = "table1 to table6: that table of the paper; curve: Table 2 with the authors' re-runs; "
                + "judge: the judge against the scorer; chains: how chains choose, stop and explore",
            DefaultValueFactory = _ => TableReport.Standard,
        };
        var format = new Option<string>("--format")
        {
            Description = string.Join(", ", ReportFormat.Names),
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong([.. ReportFormat.Names]);
        var command = new Command("report", "Show a sweep's results with intervals, beside the published numbers")
        {
            sweep, layout, format,
        };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var published = BenchmarkFiles.Published();
            var table = parsed.GetRequiredValue(layout);
            IReadOnlyList<string> layouts = [.. published.Layouts, .. ChainReport.Layouts];
            if (!layouts.Contains(table))
            {
                throw new UsageException($"there is no layout '{table}'; known: {string.Join(", ", layouts)}");
            }

            await using var session = await ledger.OpenAsync(parsed, cancellation);
            var row = await session.Sweeps.FindAsync(parsed.GetRequiredValue(sweep), cancellation);
            var results = await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, cancellation);
            var report = ChainReport.Layouts.Contains(table)
                ? ChainReport.Build(results, published, table)
                : TableReport.Build(results, published, table);
            Console.Write(ReportFormat.Render(report, parsed.GetRequiredValue(format)));
            return report.Arms.All(a => a.Complete) ? ExitCode.Done : ExitCode.Incomplete;
        });
        return command;
    }
}

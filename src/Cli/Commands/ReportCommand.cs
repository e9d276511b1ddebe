using System.CommandLine;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Dashboard.Reports;
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
        var html = new Option<string?>("--html")
        {
            Description = "A new folder for the pages of the dashboard, to open without a server or to publish; instead of a table",
        };
        var originals = new Option<bool>("--originals")
        {
            Description = "With --html: the images themselves, and not only thumbnails of at most 256 pixels (512 where arms are compared)",
        };
        var prices = new PriceOption();
        var command = new Command("report", "Show a sweep's results with intervals, beside the published numbers")
        {
            sweep, layout, scorer, detail, format, html, originals, prices.Option,
        };
        command.Validators.Add(r =>
        {
            var asked = r.GetValue(html) is not null;
            if (asked && (r.GetResult(layout) is not null || r.GetResult(format) is { Implicit: false } || r.GetValue(detail)))
                r.AddError("--html writes all pages: --layout, --format and --detail belong to the table and cannot be given with it");
            if (!asked && (r.GetValue(originals) || r.GetResult(prices.Option) is not null))
                r.AddError("--originals and --prices need --html DIR");
        });
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(layout) is { } asked)
            {
                Known(asked, BenchmarkCatalog.Layouts);
            }

            if (parsed.GetValue(html) is { } folder)
            {
                return await WriteHtmlAsync(
                    ledger, parsed, parsed.GetRequiredValue(sweep), parsed.GetValue(scorer), prices, folder, parsed.GetValue(originals), cancellation);
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

    private static async Task<int> WriteHtmlAsync(
        LedgerOptions ledger,
        ParseResult parsed,
        string sweep,
        string? scorer,
        PriceOption prices,
        string folder,
        bool originals,
        CancellationToken cancellation)
    {
        await using var session = await ledger.OpenExistingAsync(parsed, cancellation, images: ImageUse.Read, readOnly: true);
        var row = await session.Sweeps.FindAsync(sweep, cancellation);
        try
        {
            var (pages, images, lost) = await StaticReport.WriteAsync(
                session, row, scorer, prices.Read(parsed), folder, originals,
                Path.Combine(DashboardStart.Folder(ledger.Data(parsed)), "thumbnails"), cancellation);
            Terminal.Say($"{pages} pages and {images} images: open {Path.Combine(folder, "index.html")}.");
            if (lost > 0)
            {
                Terminal.Say($"{lost} images are gone from {Path.Combine(ledger.Data(parsed), "artifacts")}, and missing: restore them from a copy.");
            }

            return lost > 0 ? ExitCode.Infrastructure : ExitCode.Done;
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message, e);
        }
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

using System.CommandLine;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit curve</c>: the scores of the shown images over N or a budget, as data or as a figure.</summary>
internal static class CurveCommand
{
    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var prices = new PriceOption();
        var sweep = new Argument<string>("SWEEP") { Description = "Its name, its id or the beginning of its id" };
        var axis = new Option<string>("--axis")
        {
            Description = string.Join(", ", CurveFigure.Axes),
            DefaultValueFactory = _ => CurveFigure.OverN,
        };
        axis.AcceptOnlyFromAmong([.. CurveFigure.Axes]);
        var format = new Option<string>("--format")
        {
            Description = string.Join(", ", CurveFormat.Names),
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong([.. CurveFormat.Names]);
        var output = new Option<string>("--out")
        {
            Description = "File to write; - is standard output",
            DefaultValueFactory = _ => "-",
        };
        var scorer = ScorerOption.Create();
        var detail = DetailOption.Create("Every N");
        var command = new Command(
            "curve", "Show the scores of the shown images over N or a budget, as data or as a figure")
        {
            sweep, axis, prices.Option, scorer, detail, format, output,
        };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var over = parsed.GetRequiredValue(axis);
            var price = prices.Read(parsed, BudgetAxes.Find(over));
            await using var session = await ledger.OpenExistingAsync(parsed, cancellation);
            var row = await session.Sweeps.FindAsync(parsed.GetRequiredValue(sweep), cancellation);
            var results = await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, cancellation, parsed.GetValue(scorer));
            if (results.Scorer is null)
            {
                throw new UsageException(results.Unscored);
            }

            var figure = CurveFigure.Of(results, over, price);
            OutputFile.Write(
                parsed.GetRequiredValue(output), CurveFormat.Render(figure, parsed.GetRequiredValue(format), parsed.GetValue(detail)));
            return figure.Complete ? ExitCode.Done : ExitCode.Incomplete;
        });
        return command;
    }
}

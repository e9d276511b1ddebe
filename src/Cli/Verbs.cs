using System.CommandLine;
using ReflectDiT.Eval.Cli.Commands;
using ReflectDiT.Eval.Cli.Commands.GenEval;

namespace ReflectDiT.Eval.Cli;

/// <summary>All that <c>reflectdit</c> can do, in the order of its help.</summary>
internal static class Verbs
{
    public static IReadOnlyList<Command> All() =>
    [
        RunCommand.CreateDemo(),
        RunCommand.CreateRun(),
        PlanCommand.Create(),
        WorkerCommand.Create(),
        CtlCommand.Create(),
        StatusCommand.Create(),
        ReportCommand.Create(),
        DashboardCommand.Create(),
        ImportCommand.Create(),
        ExportCommand.Create(),
        RescoreCommand.Create(),
        CompareCommand.Create(),
        StudyCommand.Create(),
        CurveCommand.Create(),
        ModelsCommand.Create(),
        DrawCommand.Create(),
        TrainCommand.Create(),
        DoctorCommand.Create(),
        DbCommand.Create(),
        PromptsCommand.Create(),
        ScoreCommand.Create(),
        SummaryCommand.Create(),
        HelpCommand.Create(),
    ];
}

using ReflectDiT.Eval.Cli;
using ReflectDiT.Eval.Cli.Commands;
using ReflectDiT.Eval.Cli.Commands.GenEval;

return await CommandLine.RunAsync(args,
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
]);

using ReflectDiT.Eval.Cli;
using ReflectDiT.Eval.Cli.Commands;

return await CommandLine.RunAsync(args,
[
    PromptsCommand.Create(),
    ScoreCommand.Create(),
    SummaryCommand.Create(),
]);

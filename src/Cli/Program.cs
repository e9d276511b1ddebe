using ReflectDiT.Eval.Cli;

return await CommandLine.RunAsync(args);

using ReflectDiT.Eval.Benchmarks;

switch (args)
{
    case ["rules", var oracle]:
        return RulesBenchmark.Run(oracle);
    case ["statistics"]:
        return StatisticsBenchmark.Run();
    default:
        Console.Error.WriteLine("usage: rules ORACLE.jsonl.gz | statistics");
        return 1;
}

using ReflectDiT.Eval.Benchmarks;

switch (args)
{
    case ["rules", var oracle]:
        return RulesBenchmark.Run(oracle);
    case ["statistics"]:
        return StatisticsBenchmark.Run();
    case ["ledger", var chains, var folder]:
        return await LedgerBenchmark.RunAsync(int.Parse(chains), folder);
    default:
        Console.Error.WriteLine("usage: rules ORACLE.jsonl.gz | statistics | ledger CHAINS-AT-ONCE FOLDER");
        return 1;
}

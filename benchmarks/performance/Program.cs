using ReflectDiT.Eval.Benchmarks;

switch (args)
{
    case ["rules", var oracle]:
        return RulesBenchmark.Run(oracle);
    case ["statistics"]:
        return StatisticsBenchmark.Run();
    case ["ledger", var chains, var folder]:
        return await LedgerBenchmark.RunAsync(int.Parse(chains), folder);
    case ["claims", var workers, var folder]:
        return await ClaimBenchmark.RunAsync(int.Parse(workers), folder);
    default:
        Console.Error.WriteLine("usage: rules ORACLE.jsonl.gz | statistics | ledger CHAINS-AT-ONCE FOLDER | claims WORKERS FOLDER");
        return 1;
}

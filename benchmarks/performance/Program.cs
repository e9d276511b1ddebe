using ReflectDiT.Eval.Benchmarks;

switch (args)
{
    case ["rules", var oracle]:
        return RulesBenchmark.Run(oracle);
    default:
        Console.Error.WriteLine("usage: rules ORACLE.jsonl.gz");
        return 1;
}

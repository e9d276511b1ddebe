using ReflectDiT.Eval.Performance;

switch (args)
{
    case ["rules", var oracle]:
        return RulesBenchmark.Run(oracle);
    case ["statistics"]:
        return StatisticsBenchmark.Run();
    case ["coverage", var runs]:
        return CoverageBenchmark.Run(int.Parse(runs));
    case ["ledger", var chains, var folder]:
        return await LedgerBenchmark.RunAsync(int.Parse(chains), folder);
    case ["claims", "leases" or "silos", var workers, var folder]:
        return await ClaimBenchmark.RunAsync(int.Parse(workers), folder, silos: args[1] == "silos");
    case ["silos", var silos, var folder]:
        return await SiloStartBenchmark.RunAsync(int.Parse(silos), folder);
    case ["fuzz", var seconds, var seed, var images]:
        return FuzzRun.Run(int.Parse(seconds), int.Parse(seed), images);
    case ["networks", var folder, "fp32" or "bf16"]:
        return TracedBenchmark.Run(folder, args[2], null);
    case ["networks", var folder, "fp32" or "bf16", var layer]:
        return TracedBenchmark.Run(folder, args[2], layer);
    case ["weights", var snapshot, var folder]:
        return RandomSnapshot.Write(snapshot, folder, null);
    case ["weights", var snapshot, var folder, var tokenizer]:
        return RandomSnapshot.Write(snapshot, folder, tokenizer);
    case ["loading", var folder]:
        return LoadBenchmark.Run(folder);
    case ["ask", var role, var folder, var side]:
        return await AskBenchmark.RunAsync(role, folder, int.Parse(side));
    case ["dashboard", var folder]:
        return await DashboardBenchmark.RunAsync(folder);
    case ["viewers", var folder]:
        return await ViewersBenchmark.RunAsync(folder);
    case ["shapes", var sheet]:
        return ShapesReport.Run(sheet);
    case ["shapes-context", var folder]:
        return ShapesContextReport.Run(folder);
    case ["shapes-judge", var folder]:
        return await ShapesJudgeReport.RunAsync(folder);
    default:
        Console.Error.WriteLine("usage: rules ORACLE.jsonl.gz | statistics | coverage RUNS | ledger CHAINS-AT-ONCE FOLDER | claims leases|silos WORKERS FOLDER | silos COUNT FOLDER | fuzz SECONDS SEED IMAGES | networks TRACED-GRAPHS fp32|bf16 [LAYER] | weights SNAPSHOT FOLDER [TOKENIZER-FOLDER] | loading CHECKPOINT-FOLDER | ask judge|detector FOLDER SIDE | dashboard FOLDER | viewers FOLDER | shapes SHEET.png | shapes-judge FOLDER | shapes-context FOLDER");
        return 1;
}

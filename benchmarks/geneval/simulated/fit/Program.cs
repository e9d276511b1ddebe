using System.Diagnostics;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.SimulatedFit;

var root = RepositoryRoot();
var folder = Path.Combine(root, "benchmarks", "geneval", "simulated");
var published = new GenEvalBenchmark(PromptSet.PublishedSeed, PromptSet.PublishedPerTask).Tables.Published;
FitArm[] arms = [FitArm.BestOfN(published), FitArm.ReflectDit(published)];

var watch = Stopwatch.StartNew();
var fit = new Fit(arms, PromptSet.Published);
var values = fit.Run((round, loss) =>
    Console.Error.WriteLine($"{watch.Elapsed:mm\\:ss} round {round}: loss {loss:F2}"));

ParameterFiles.Write(folder, values);
File.WriteAllText(Path.Combine(folder, "FIT.md"), FitReport.Write(arms, PromptSet.Published, values));
Console.WriteLine(File.ReadAllText(Path.Combine(folder, "FIT.md")));

static string RepositoryRoot()
{
    for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
    {
        if (File.Exists(Path.Combine(folder.FullName, "ReflectDiT.Eval.sln")))
        {
            return folder.FullName;
        }
    }

    throw new DirectoryNotFoundException(
        "Found no ReflectDiT.Eval.sln here or above: run the fit inside the repository.");
}

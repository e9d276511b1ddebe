using System.IO.Compression;
using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// Oracle cases per second of processor time under GenEval's rules, file parsed beforehand. The twin of
/// rules_numpy.py: checks every case, then takes the best of 20 rounds.
/// </summary>
internal static class RulesBenchmark
{
    private const int Rounds = 20;
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(0.25);

    public static int Run(string oracle)
    {
        var cases = new List<ScoringCase>();
        using var reader = new StreamReader(new GZipStream(File.OpenRead(oracle), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            cases.Add(ScoringCase.Parse(line, ObjectWorld.GenEval));
            if (!AsExpected(line, cases[^1]))
            {
                Console.Error.WriteLine($"{cases[^1].Id}: not as expected");
                return 1;
            }
        }

        // What reading the file left behind would be collected, and counted, later.
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        Console.WriteLine($"{Enumerable.Range(0, Rounds).Max(_ => Rate(cases)):F0}");
        Console.Error.WriteLine($".NET {Environment.Version}: {cases.Count} cases as expected");
        return 0;
    }

    /// <summary>
    /// Cases per second of the processor time of all threads: collecting garbage counts, other programs do not.
    /// </summary>
    private static double Rate(List<ScoringCase> cases)
    {
        var start = Environment.CpuUsage.TotalTime;
        var time = TimeSpan.Zero;
        var done = 0L;
        for (; time < RoundTime; done += cases.Count)
        {
            foreach (var scoring in cases)
                GenEvalRules.Score(scoring.Metadata, scoring.Detections, scoring.Options);
            time = Environment.CpuUsage.TotalTime - start;
        }

        return done / time.TotalSeconds;
    }

    private static bool AsExpected(string line, ScoringCase scoring)
    {
        using var json = JsonDocument.Parse(line);
        var expected = json.RootElement.GetProperty("expected");
        var kept = expected.GetProperty("kept");
        var score = GenEvalRules.Score(scoring.Metadata, scoring.Detections, scoring.Options);
        return score.Correct == expected.GetProperty("correct").GetBoolean()
            && score.Reason == expected.GetProperty("reason").GetString()
            && score.Kept.Count == kept.EnumerateObject().Count()
            && score.Kept.All(one => one.Indices.SequenceEqual(
                kept.GetProperty(one.Class).EnumerateArray().Select(index => index.GetInt32())));
    }
}

using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// What the judge of a ledger's newest sweep of shapes gets wrong, by category: wrong images that it accepts, right ones that it
/// rejects, and of the wrong ones that it rejects, how often it says what the pixel detector says.
/// </summary>
internal static class ShapesJudgeReport
{
    /// <param name="data">The data folder of a ledger.</param>
    public static async Task<int> RunAsync(string data)
    {
        await using var session = await LedgerSession.OpenExistingAsync(data, null, CancellationToken.None, readOnly: true);
        var sweep = await session.Sweeps.FindAsync((await SweepStatus.AllAsync(session, CancellationToken.None))[^1].Id.ToString(), CancellationToken.None);
        var benchmark = (ShapesBenchmark)BenchmarkCatalog.Open(SweepConfiguration.FromJson(sweep.Configuration).Benchmark);
        await using var read = session.Source.CreateCommand("""
            SELECT DISTINCT c.prompt, r.image, r.accepted, r.judge_text FROM reflectdit.attempt_records r
            JOIN reflectdit.chains c ON c.id = r.chain_id WHERE c.sweep_id = $1 AND r.accepted IS NOT NULL
            """);
        read.Parameters.Add(new() { Value = sweep.Id });
        var judged = new List<(string Category, bool Accepted, ShapeFault? Fault, string Said)>();
        await using (var reader = await read.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                var prompt = benchmark.Metadata[reader.GetInt32(0)];
                var image = ImageReader.Decode(await session.Artifacts.ReadAsync((byte[])reader[1], CancellationToken.None));
                judged.Add((prompt.Tag, reader.GetBoolean(2), ShapeFault.First(prompt, PixelDetector.Find(image)), reader.GetString(3)));
            }
        }

        Console.WriteLine("| category | images | right, rejected | wrong, accepted | wrong, rejected: in the detector's words | wrong, rejected: names the object |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var (name, group) in judged.GroupBy(one => one.Category).Select(group => (group.Key, group.ToList())).Append(("all", judged)))
        {
            var (right, wrong) = (group.Where(one => one.Fault is null).ToList(), group.Where(one => one.Fault is not null).ToList());
            var rejected = wrong.Where(one => !one.Accepted).ToList();
            Console.WriteLine($"| {name} | {group.Count} | {Of(right, one => !one.Accepted)} | {Of(wrong, one => one.Accepted)} "
                + $"| {Of(rejected, one => one.Said == one.Fault!.ToSentence())} | {Of(rejected, one => one.Said.Contains(one.Fault!.Class, StringComparison.Ordinal))} |");
        }

        return 0;
    }

    private static string Of<T>(List<T> all, Func<T, bool> which) => all.Count == 0 ? "-" : $"{all.Count(which)} of {all.Count}";
}

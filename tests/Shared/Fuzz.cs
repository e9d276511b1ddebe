using System.Diagnostics;
using System.Text;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks.CustomPrompts;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Testing;

/// <summary>
/// Reads files that are like real ones with a few random changes. A reader takes them or refuses them with one of its own
/// exceptions, in little time and memory. The same seed makes the same files in the same order.
/// </summary>
internal sealed class Fuzz : IDisposable
{
    private const int MostShown = 4000;
    private const long MostBytes = 512L << 20;

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);

    private static readonly BenchmarkConfiguration Benchmark = GenEvalBenchmark.Configuration(43, 1);

    private static readonly string[] Odd =
    [
        "&a ", "*a", "<<: ", "!!binary ", "- ", "? ", ": ", "[", "]", "{", "}", "\t", "\"", "'", "|\n", "---\n", "%", "\\u0000", "\\ud83d", "\0",
        "\u001b[2J", "\n", "\r\n", ",", "\"\"", "null", "true", "[]", "{}", "0", "-1", "1e999", "99999999999999999999", "2147483648", "NaN", "=1+1",
        "\ufeff", "../../etc/passwd", "/dev/zero", "..", "\u202e", "e\u0301", "#", "~",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-fuzz-").FullName;
    private readonly IReadOnlyList<Target> _targets;

    /// <param name="Samples">Real files.</param>
    private sealed record Target(string Name, IReadOnlyList<byte[]> Samples, Action<byte[]> Read);

    /// <param name="sweeps">Folder of sweep files.</param>
    /// <param name="images">Images of several formats.</param>
    public Fuzz(string sweeps, IEnumerable<byte[]> images)
    {
        const string Bench = "a photo of a bench";
        // Sweeps name their parameters from where they lie.
        CopyFolder(Path.Combine(sweeps, "..", "simulated"), Path.Combine(_folder, "simulated"));
        var record = $$"""{"filename": "x/00000/samples/00003.png", "tag": "single_object", "prompt": "{{Bench}}", "correct": true, "reason": "", "metadata": "{}", "details": "{\"bench\": [[1.0, 2.0, 3.0, 4.0, 0.5]]}", "correct_verifier": false, "text_feedback_verifier": "no bench", "context": [{"gen_idx": 0, "reason": "no"}]}""";
        var oracle = """{"id": "1", "options": {"threshold": 0.3}, "metadata": {"tag": "single_object", "include": [{"class": "bench", "count": 1}], "prompt": "a photo of a bench"}, "detections": {"bench": [[1, 2, 30, 40, 0.9, "red"]]}}""";
        var table = $"arm,prompt,replicate,attempt,correct,accepted,judge_score,feedback,context,n\nbest,{Bench},0,0,true,false,0.5,\"no \"\"bench\"\"\",,3\nbest,{Bench},0,1,true,true,0.5,,0:judge,3\n";
        _targets =
        [
            new("sweep.yaml", [.. Directory.GetFiles(sweeps, "*.yaml").Select(File.ReadAllBytes)], content =>
                SweepFile.Read(Place(Path.Combine(_folder, "sweeps"), content, "sweep.yaml"), ["arms.0.name=x"])),
            new("placements.yaml", [Encoding.UTF8.GetBytes("sana: {path: /x, device: cuda:0, url: 'http://host:1'}\n")], content =>
                PlacementFile.Read(Place(_folder, content, "placements.yaml"))),
            new("results.jsonl", [Encoding.UTF8.GetBytes($"{record}\n{record}\n")], content =>
                SweepImport.Of("fuzz", Benchmark, [GenEvalInput.Read(Place(_folder, content, "results.jsonl"), "arm")], null)),
            new("attempts.csv", [Encoding.UTF8.GetBytes(table)], content =>
                SweepImport.Of("fuzz", Benchmark, CsvInput.Read(Place(_folder, content, "attempts.csv"), "arm", passOrFail: true), null)),
            new(".feedback.json", [Encoding.UTF8.GetBytes(record), Encoding.UTF8.GetBytes($"[{record}]")], content =>
            {
                var tree = Path.Combine(_folder, "tree");
                Place(Path.Combine(tree, "00000", "samples"), content, "00000.png.feedback.json");
                SweepImport.Of("fuzz", Benchmark, [ReflectDitInput.Read(tree, "arm", passOrFail: true)], null);
            }),
            new("annotations.json", [Encoding.UTF8.GetBytes($$"""[{"path": "x/00000/samples/00000.png", "reason": "y"}, {{record}}]""")], content =>
            {
                var tree = Path.Combine(_folder, "annotated");
                Place(Path.Combine(tree, "00000", "samples"), Encoding.UTF8.GetBytes(record), "00000.png.feedback.json");
                Place(tree, content, "annotations_rank_0_of_1.json");
                SweepImport.Of("fuzz", Benchmark, [ReflectDitInput.Read(tree, "arm", passOrFail: true)], null);
            }),
            new("prompts.csv", [Encoding.UTF8.GetBytes("prompt,stratum\na cat,animals\n\"a \"\"house\"\"\",places\n")], content =>
                PromptFile.Read("prompts.csv", Text(content))),
            new("prompts.jsonl", [Encoding.UTF8.GetBytes("{\"prompt\": \"a cat\", \"tag\": \"x\", \"more\": [1, {\"a\": \"b\"}]}\n")], content =>
                PromptFile.Read("prompts.jsonl", Text(content))),
            new("prices.json", [Encoding.UTF8.GetBytes("{\"currency\": \"EUR\", \"generator_device_hour\": 2, \"judge_device_hour\": 2, \"million_judge_tokens\": 0}")],
                content => SettingsJson.Read<Prices>("prices.json", Text(content))),
            new("detections.jsonl", [Encoding.UTF8.GetBytes(oracle)], content => ScoringCase.Answer(Text(content), ObjectWorld.GenEval)),
            new("summary.jsonl", [Encoding.UTF8.GetBytes(record)], content => ImageResult.Parse(Text(content))),
            new("image", [.. images], content => ImageReader.Decode(content)),
        ];
    }

    /// <summary>Goes round the readers until the time is over.</summary>
    /// <returns>How many files were read, and what went wrong with which (in base64), each kind of fault once.</returns>
    public (int Files, IReadOnlyList<string> Faults) Run(int seed, TimeSpan time)
    {
        var (random, faults, files) = (new Random(seed), new Dictionary<string, string>(), 0);
        for (var all = Stopwatch.StartNew(); all.Elapsed < time; files++)
        {
            var target = _targets[files % _targets.Count];
            var content = Change(random, target.Samples);
            if (Fault(target, content) is { } fault)
            {
                faults.TryAdd($"{target.Name}: {fault.Split('\n')[0]}", $"{target.Name}: {fault}\n  file {files}: "
                    + (content.Length <= MostShown ? Convert.ToBase64String(content) : $"{content.Length} bytes"));
            }
        }

        return (files, [.. faults.Values]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string? Fault(Target target, byte[] content)
    {
        var (clock, before) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
        try
        {
            target.Read(content);
        }
        catch (Exception e) when (e is SweepFileException or RecordException or InvalidDataException or FormatException or IOException)
        {
            if (e.Message.Length > 8000)
            {
                return $"a message of {e.Message.Length} characters";
            }
        }
#pragma warning disable CA1031 // What it is looking for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return $"{e.GetType().Name}: {e.Message}\n{e.StackTrace}";
        }

        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return clock.Elapsed > MostTime ? $"took {clock.Elapsed.TotalSeconds:0} s"
            : bytes > MostBytes ? $"took {bytes >> 20} MiB"
            : null;
    }

    private static byte[] Change(Random random, IReadOnlyList<byte[]> samples)
    {
        var content = samples[random.Next(samples.Count)].ToList();
        for (var changes = 1 + random.Next(6); changes > 0; changes--)
        {
            var at = random.Next(content.Count + 1);
            var size = Math.Min(random.Next(1, 40), content.Count - at);
            switch (random.Next(7))
            {
                case 0 when at < content.Count:
                    content[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    content.RemoveRange(at, size);
                    break;
                case 2:
                    content.InsertRange(at, content.GetRange(at, size));
                    break;
                case 3:
                    var odd = Encoding.UTF8.GetBytes(Odd[random.Next(Odd.Length)]);
                    content.InsertRange(at, Enumerable.Repeat(odd, random.Next(20) == 0 ? random.Next(20_000) : 1).SelectMany(b => b));
                    break;
                case 4 when random.Next(4) == 0:
                    content.RemoveRange(at, content.Count - at);
                    break;
                case 5:
                    var other = samples[random.Next(samples.Count)];
                    var from = random.Next(other.Length);
                    content.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(200))]);
                    break;
                default:
                    if (at < content.Count)
                    {
                        content[at] = (byte)random.Next(256);
                    }

                    break;
            }
        }

        return [.. content];
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*.json"))
        {
            Place(to, File.ReadAllBytes(file), Path.GetFileName(file));
        }
    }

    private static string Text(byte[] content) => Encoding.UTF8.GetString(content);

    private static string Place(string folder, byte[] content, string name)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, name);
        File.WriteAllBytes(file, content);
        return file;
    }
}

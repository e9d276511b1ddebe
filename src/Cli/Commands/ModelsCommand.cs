using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit models check</c>: what a downloaded folder holds, without loading any of it.</summary>
internal static class ModelsCommand
{
    /// <summary>So many names of a kind of fault are shown.</summary>
    private const int Shown = 20;

    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "A model's folder, or a snapshot of several" };
        var check = new Command("check", "Say what a folder of weights is, and whether every key is the published one's") { folder };
        check.SetAction(parsed => Check(parsed.GetRequiredValue(folder)));
        return new Command("models", "Look at downloaded weights") { check };
    }

    private static int Check(string root)
    {
        if (!Directory.Exists(root))
            throw new UsageException($"there is no folder {root}");
        var folders = Directory.GetDirectories(root).Order(StringComparer.Ordinal).Prepend(root)
            .Where(Checkpoint.IsIn).ToList();
        if (folders.Count == 0)
            throw new UsageException($"neither {root} nor a folder in it holds a checkpoint in files .safetensors");
        foreach (var folder in folders)
        {
            try
            {
                Describe(folder, Path.GetRelativePath(root, folder));
            }
            catch (CheckpointException e)
            {
                throw new UsageException(e.Message, e);
            }
        }

        return ExitCode.Done;
    }

    private static void Describe(string folder, string name)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var tensors = checkpoint.Tensors.ToList();
        var parameters = tensors.Sum(tensor => tensor.Elements);
        var types = tensors.CountBy(tensor => tensor.Type).OrderByDescending(type => type.Value).Select(type => $"{type.Key}");
        Console.WriteLine($"{name}: {ClassOf(folder)}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {tensors.Count} tensors of {string.Join(", ", types)}, {parameters:N0} parameters, {Gib(tensors.Sum(t => t.Bytes))} as stored; ")
            + $"{Gib(4 * parameters)} in fp32, {Gib(2 * parameters)} in bf16");
        Console.WriteLine($"  digest {FileDigests.OfThisUser.Of(checkpoint.Files.Select(path => (Path.GetFileName(path), path)))}");
        var comparison = PublishedNames.Compare(checkpoint);
        Console.WriteLine(comparison.IsPublished
            ? $"  every key and shape is that of {comparison.Model}"
            : $"  not all keys and shapes are those of a published model; the nearest is {comparison.Model}");
        Faults("missing", comparison.Missing);
        Faults("superfluous", comparison.Superfluous);
        Faults("of another shape", comparison.Misshaped);
    }

    private static void Faults(string what, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
            Console.WriteLine($"  {what} ({names.Count}): {string.Join("; ", names.Take(Shown))}{(names.Count > Shown ? "; ..." : "")}");
    }

    private static string ClassOf(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            return "no config.json";
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            return json.RootElement.TryGetProperty("_class_name", out var name) ? $"{name}"
                : json.RootElement.TryGetProperty("architectures", out var names) ? string.Join(", ", names.EnumerateArray())
                : "a config.json without a class";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UsageException($"{path}: {e.Message}", e);
        }
    }

    private static string Gib(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.##} GiB");
}

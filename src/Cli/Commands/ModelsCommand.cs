using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit models check</c>: what a downloaded folder holds, without loading any of it.</summary>
internal static class ModelsCommand
{
    /// <summary>So many names of a kind of fault are shown.</summary>
    private const int Shown = 20;

    /// <summary>Of the image that memory is worked out for.</summary>
    private const int Side = 1024;

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
            throw new UsageException($"neither {root} nor a folder in it holds a checkpoint in .safetensors files");
        try
        {
            foreach (var folder in folders)
            {
                foreach (var variant in Checkpoint.Variants(folder))
                    Describe(folder, Path.GetRelativePath(root, folder), variant);
            }

            if (new[] { "text_encoder", "transformer", "vae" }.All(part => folders.Contains(Path.Combine(root, part))))
                SayMemory(root);
        }
        catch (CheckpointException e)
        {
            throw new UsageException(e.Message, e);
        }

        return ExitCode.Done;
    }

    /// <summary>What the whole snapshot takes of a device as a generator.</summary>
    private static void SayMemory(string root)
    {
        var variant = Checkpoint.Variants(Path.Combine(root, "transformer"))[0];
        var folders = SanaFolders.Of(root, images: Checkpoint.IsIn(Path.Combine(root, "vision_encoder")), variant);
        foreach (var type in new[] { ScalarType.BFloat16, ScalarType.Float32 })
        {
            var memory = SanaMemory.Of(folders, type, type, Side, Side, batch: 1);
            Console.WriteLine($"memory for {Side} x {Side} in {(type == ScalarType.Float32 ? "fp32" : "bf16")}: {ByteText.Gib(memory.Bytes(offload: false))}, "
                + $"with offload {ByteText.Gib(memory.Bytes(offload: true))} ("
                + $"{string.Join(", ", memory.Networks.Select(n => $"{n.Name} {ByteText.Gib(n.Weights)}, at work {ByteText.Gib(n.Work)} more"))})");
        }

        Console.WriteLine($"this machine's processor has {ByteText.Gib(new ModelHost().Capacity(Placement.Processor))} for models");
    }

    private static void Describe(string folder, string name, string? variant)
    {
        using var checkpoint = Checkpoint.Open(folder, variant);
        var tensors = checkpoint.Tensors.ToList();
        var parameters = tensors.Sum(tensor => tensor.Elements);
        var types = tensors.CountBy(tensor => tensor.Type).OrderByDescending(type => type.Value).Select(type => $"{type.Key}");
        Console.WriteLine($"{name}{(variant is null ? "" : $", variant {variant}")}: {ClassOf(folder)}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {tensors.Count} tensors of {string.Join(", ", types)}, {parameters:N0} parameters, {ByteText.Gib(tensors.Sum(t => t.Bytes))} as stored; ")
            + $"{ByteText.Gib(4 * parameters)} in fp32, {ByteText.Gib(2 * parameters)} in bf16");
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
        var text = File.ReadAllText(path);
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("_class_name", out var name) ? $"{name}"
                : json.RootElement.TryGetProperty("architectures", out var names) ? string.Join(", ", names.EnumerateArray())
                : "a config.json without a class";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UsageException($"{path}: {JsonFault.Read(text, e)}", e);
        }
    }
}

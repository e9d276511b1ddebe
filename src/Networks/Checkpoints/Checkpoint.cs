using System.Text.Json;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Core;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>
/// The tensors of a model's folder as Hugging Face's libraries lay it out: one file, or several behind an index. As in
/// diffusers an index goes before a single file, which may be a stale sibling, and other variants do not count.
/// </summary>
public sealed partial class Checkpoint : IDisposable
{
    private static readonly string[] Stems = ["diffusion_pytorch_model", "model"];

    private readonly List<ITensorFile> _files;
    private readonly Dictionary<string, ITensorFile> _homes;

    private Checkpoint(string folder, List<ITensorFile> files, Dictionary<string, ITensorFile> homes) =>
        (Folder, _files, _homes) = (folder, files, homes);

    public string Folder { get; }

    public IReadOnlyList<string> Files => [.. _files.Select(file => file.Path)];

    public IEnumerable<StoredTensor> Tensors => _homes.Select(home => home.Value.Tensors[home.Key]);

    /// <summary>Whether a folder holds any file of one, of whatever variant.</summary>
    public static bool IsIn(string folder) => Directory.Exists(folder) && Stems.Any(stem => Directory.EnumerateFiles(folder, $"{stem}*.safetensors").Any());

    /// <summary>The variants of a folder's checkpoint, such as <c>fp16</c>; null for the one without.</summary>
    public static IReadOnlyList<string?> Variants(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        var names = Directory.EnumerateFiles(folder).Select(path => NameOfVariant().Match(Path.GetFileName(path))).Where(name => name.Success);
        return [.. names.Select(name => name.Groups["variant"]).Select(variant => variant.Success ? variant.Value : null).Distinct()
            .Order(StringComparer.Ordinal)];
    }

    /// <param name="folder">That of one model, with its config.json beside the files.</param>
    /// <param name="variant">Such as <c>fp16</c>: the files that carry it in their names; null for those without.</param>
    /// <exception cref="CheckpointException">There is no such checkpoint, or it is not sound.</exception>
    public static Checkpoint Open(string folder, string? variant = null)
    {
        var infix = variant is null ? "" : $".{variant}";
        foreach (var stem in Stems)
        {
            // The variant stands behind "index" in the name of an index, and before the number in that of a shard.
            var index = Path.Combine(folder, $"{stem}.safetensors.index{infix}.json");
            if (File.Exists(index))
                return OpenIndex(folder, index);
        }

        foreach (var stem in Stems)
        {
            var single = Path.Combine(folder, $"{stem}{infix}.safetensors");
            if (File.Exists(single))
                return OpenFile(single);
        }

        var others = Variants(folder).Select(other => other is null ? "one without variant" : $"the variant {other}").ToList();
        throw new CheckpointException($"{folder} holds no {(variant is null ? "" : $"{variant} variant of a ")}checkpoint: neither "
            + string.Join(" nor ", Stems.Select(stem => $"{stem}{infix}.safetensors")) + ", and no index of one"
            + (others.Count > 0 ? $"; it has {string.Join(", ", others)}" : ""));
    }

    /// <summary>A file alone: of safetensors by its ending, else of torch.save.</summary>
    /// <exception cref="CheckpointException">It is not sound.</exception>
    public static Checkpoint OpenFile(string path)
    {
        return Of(path.EndsWith(".safetensors", StringComparison.Ordinal) ? SafetensorsFile.Open(path) : TorchFile.Open(path));
    }

    /// <summary>One file, which the checkpoint owns from then on.</summary>
    public static Checkpoint Of(ITensorFile file) =>
        new(Path.GetDirectoryName(file.Path)!, [file], file.Tensors.Keys.ToDictionary(name => name, _ => file, StringComparer.Ordinal));

    public bool Has(string name) => _homes.ContainsKey(name);

    public StoredTensor Stored(string name) => _homes[name].Tensors[name];

    /// <summary>A copy of a tensor, in the file's own type, on the processor.</summary>
    public Tensor Read(string name) => _homes[name].Read(name);

    /// <inheritdoc cref="ITensorFile.Read(string, ScalarType, Device)"/>
    public Tensor Read(string name, ScalarType type, Device device) => _homes[name].Read(name, type, device);

    public void Dispose() => _files.ForEach(file => file.Dispose());

    /// <summary>Of a single file, or of an index: the variant stands behind "index" there.</summary>
    [GeneratedRegex(@"^(diffusion_pytorch_model|model)(\.(?<variant>\w+))?\.safetensors$|^(diffusion_pytorch_model|model)\.safetensors\.index(\.(?<variant>\w+))?\.json$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NameOfVariant();

    private static Checkpoint OpenIndex(string folder, string index)
    {
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        var homes = new Dictionary<string, ITensorFile>(StringComparer.Ordinal);
        var text = "";
        try
        {
            text = File.ReadAllText(index);
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var lost = new List<string>();
            foreach (var entry in json.RootElement.Required("weight_map", index).Fields("weight_map"))
            {
                var name = entry.Value.Text(entry.Name);
                if (name != Path.GetFileName(name) || !name.EndsWith(".safetensors", StringComparison.Ordinal))
                    throw new CheckpointException($"{index}: {entry.Name} is said to be in \"{name}\", which is not a file of this folder");
                if (!files.TryGetValue(name, out var file))
                    files.Add(name, file = SafetensorsFile.Open(Path.Combine(folder, name)));
                if (file.Tensors.ContainsKey(entry.Name))
                    homes.Add(entry.Name, file);
                else
                    lost.Add($"{entry.Name} (in {name})");
            }

            if (lost.Count > 0)
                throw new CheckpointException($"{index} names tensors that are not there: {string.Join(", ", lost)}");
            return new(folder, [.. files.Values], homes);
        }
        catch (Exception e)
        {
            foreach (var file in files.Values)
                file.Dispose();
            if (e is JsonException or InvalidDataException or InvalidOperationException)
                throw new CheckpointException($"{index} is not an index of a checkpoint: {(e is InvalidDataException ? e.Message : JsonFault.Read(text, e))}", e);
            throw;
        }
    }
}

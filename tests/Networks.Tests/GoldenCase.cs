using System.Text.Json;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>A folder with what a published library computed: see Goldens/README.md for its form.</summary>
internal sealed class GoldenCase
{
    private GoldenCase(string folder, JsonElement json) => (Folder, Json) = (folder, json);

    public string Folder { get; }

    public JsonElement Json { get; }

    public string Kind => Json.GetProperty("kind").GetString()!;

    public JsonElement Arguments => Json.GetProperty("arguments");

    /// <summary>The intermediate values in the order in which the reference computes them, then the results.</summary>
    public IReadOnlyList<string> Expected => [.. Names("stages"), .. Names("outputs")];

    public static GoldenCase Open(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return new(Path.GetFullPath(folder), json.RootElement.Clone());
    }

    /// <summary>All below the repository's Goldens and below the folder that REFLECTDIT_GOLDENS names.</summary>
    public static IEnumerable<string> Folders() =>
        new[] { Repository, Environment.GetEnvironmentVariable("REFLECTDIT_GOLDENS") }
            .Where(root => !string.IsNullOrEmpty(root))
            .SelectMany(root => Directory.EnumerateFiles(root!, "case.json", SearchOption.AllDirectories))
            .Select(path => Path.GetDirectoryName(path)!).Order(StringComparer.Ordinal);

    public static string Repository { get; } = Find("tests/Networks.Tests/Goldens");

    /// <summary>The folder of a model of the case.</summary>
    public string Model(string role) =>
        Path.GetFullPath(Path.Combine(Folder, Json.GetProperty("models").GetProperty(role).GetString()!));

    /// <summary>The file with the case's tensors; null where there is none of that precision.</summary>
    public string? TensorsOf(ScalarType type)
    {
        var path = Path.Combine(Folder, type == ScalarType.BFloat16 ? "golden.bf16.safetensors" : "golden.safetensors");
        return File.Exists(path) ? path : null;
    }

    /// <summary>The largest distance that is allowed, as case.json writes it.</summary>
    public JsonElement Limit(string name, ScalarType type)
    {
        var tolerance = Json.GetProperty("tolerance");
        var low = type == ScalarType.BFloat16;
        return (tolerance.TryGetProperty(low ? "overrides_bf16" : "overrides", out var overrides) && overrides.TryGetProperty(name, out var limit))
            || tolerance.TryGetProperty(low ? "bf16" : "fp32", out limit)
            ? limit
            : throw new InvalidDataException($"{Folder}: no tolerance for {name}");
    }

    /// <summary>The name of the mask of rows that count; null where all do.</summary>
    public string? Where(string name) =>
        Json.TryGetProperty("compare_where", out var where) && where.TryGetProperty(name, out var mask) ? mask.GetString() : null;

    private IEnumerable<string> Names(string key) =>
        Json.TryGetProperty(key, out var list) ? list.EnumerateArray().Select(name => name.GetString()!) : [];

    private static string Find(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder.FullName, path)))
            folder = folder.Parent ?? throw new InvalidOperationException($"No {path} above the tests.");
        return Path.Combine(folder.FullName, path);
    }
}

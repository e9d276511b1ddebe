using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>
/// Where the models of a machine are: YAML of a placement for each name by which sweeps call a model, with the keys of
/// <c>models.NAME.placement</c> in a sweep file.
/// </summary>
public static class PlacementFile
{
    private const int MostConcurrent = 1024;

    /// <exception cref="SweepFileException">It cannot be read, or something in it is wrong.</exception>
    public static IReadOnlyDictionary<string, Placement> Read(string path)
    {
        var root = YamlTree.Load(path).Root;
        return root.Keys.ToDictionary(name => name, name => Read(root.Map(name), kind: null));
    }

    /// <param name="kind">Of the model; null where it is not known, and any key may be right.</param>
    internal static Placement Read(YamlMap map, string? kind)
    {
        var simulated = kind is null or ModelConfiguration.Simulated;
        var real = kind is not (ModelConfiguration.Simulated or ModelConfiguration.Pixels);
        var placement = new Placement
        {
            Path = real ? map.OptionalText("path") : null,
            Device = map.OptionalText("device"),
            Url = real && map.OptionalText("url") is { } url ? Address(map, url) : null,
            Concurrency = map.OptionalInteger("concurrency", 1, MostConcurrent),
            TimeoutSeconds = map.OptionalReal("timeout_seconds", 0.01, 86_400),
            MemoryGib = map.OptionalReal("memory_gib", 0, 100_000),
            LoadSeconds = simulated ? map.OptionalReal("load_seconds", 0, 86_400) : null,
            BatchSeconds = simulated ? map.OptionalReal("batch_seconds", 0, 86_400) : null,
        };
        map.End();
        return placement;
    }

    private static Uri Address(YamlMap map, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw map.Error("url", $"expected an address such as http://host:8000, found '{text}'");
}

using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;

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
        var (root, folder) = (YamlTree.Load(path).Root, Path.GetDirectoryName(Path.GetFullPath(path))!);
        return root.Keys.ToDictionary(name => name, name => Read(root.Map(name), kind: null, folder));
    }

    /// <param name="kind">Of the model; null where it is not known, and any key may be right.</param>
    /// <param name="folder">Of the file: what it names is seen from there.</param>
    internal static Placement Read(YamlMap map, string? kind, string folder)
    {
        var simulated = kind is null or ModelConfiguration.Simulated;
        var remote = kind is null or ModelConfiguration.OpenAiImages or ModelConfiguration.OpenAiChat;
        var local = kind is not (ModelConfiguration.Simulated or ModelConfiguration.Pixels or ModelConfiguration.OpenAiImages or ModelConfiguration.OpenAiChat);
        var placement = new Placement
        {
            Path = local && map.OptionalText("path") is { } path ? Path.GetFullPath(Path.Combine(folder, path)) : null,
            Device = kind is null or not (ModelConfiguration.OpenAiImages or ModelConfiguration.OpenAiChat) ? map.OptionalText("device") : null,
            Url = remote && map.OptionalText("url") is { } url ? Address(map, url) : null,
            KeyVariable = remote && map.OptionalText("key_variable") is { } variable ? KeyVariable(map, variable) : null,
            CaFile = remote ? map.OptionalText("ca_file") : null,
            RequestsPerMinute = remote ? map.OptionalReal("requests_per_minute", 0.001, 1e9) : null,
            TokensPerMinute = remote ? map.OptionalReal("tokens_per_minute", 1, 1e12) : null,
            PricePerRequest = remote ? map.OptionalReal("price_per_request", 0, 1e6) : null,
            PricePerMillionIn = remote ? map.OptionalReal("price_per_million_in", 0, 1e9) : null,
            PricePerMillionOut = remote ? map.OptionalReal("price_per_million_out", 0, 1e9) : null,
            Rewriter = (kind is null or ModelConfiguration.OpenAiImages) && map.Has("rewriter") ? Read(map.Map("rewriter"), ModelConfiguration.OpenAiChat, folder) : null,
            Concurrency = map.OptionalInteger("concurrency", 1, MostConcurrent),
            TimeoutSeconds = map.OptionalReal("timeout_seconds", 0.01, 86_400),
            MemoryGib = map.OptionalReal("memory_gib", 0, 100_000),
            Offload = local && map.Has("offload") ? map.Flag("offload", otherwise: false) : null,
            LoadSeconds = simulated ? map.OptionalReal("load_seconds", 0, 86_400) : null,
            BatchSeconds = simulated ? map.OptionalReal("batch_seconds", 0, 86_400) : null,
        };
        map.End();
        return placement;
    }

    /// <summary>Placements are written down, and a server's errors: there is no place for a key in an address.</summary>
    private static Uri Address(YamlMap map, string text) =>
        !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            ? throw map.Error("url", $"expected an address such as http://host:8000, found '{text}'")
            : url.UserInfo.Length + url.Query.Length + url.Fragment.Length > 0
                ? throw map.Error("url", "expected an address without a user, '?' or '#': a key goes into the environment variable that 'key_variable' names")
                : url;

    /// <summary>A sweep may come from somebody else: it can name what is meant as a key, and no other secret of the machine.</summary>
    private static string KeyVariable(YamlMap map, string text) =>
        text.EndsWith("_API_KEY", StringComparison.Ordinal) && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_')
            ? text
            : throw map.Error("key_variable", $"expected the name of an environment variable such as OPENAI_API_KEY: capital letters, digits and '_', with _API_KEY at the end; found '{VisibleText.Short(text)}'");
}

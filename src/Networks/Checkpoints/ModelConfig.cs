using System.Text.Json;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>
/// A config.json as it lies in a checkpoint. What is read is read by name; at the end, <see cref="RefuseOthers"/> refuses
/// keys that nobody has asked for: a setting that is overlooked makes another network.
/// </summary>
public sealed partial class ModelConfig
{
    private readonly JsonElement _json;
    private readonly string _path;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private ModelConfig(JsonElement json, string path) => (_json, _path) = (json, path);

    /// <exception cref="CheckpointException">The file is not there, or is no JSON object.</exception>
    public static ModelConfig Read(string path)
    {
        var text = "";
        try
        {
            // Python writes numbers that JSON does not have: scheduler_config.json holds -Infinity.
            text = NumbersOfPython().Replace(File.ReadAllText(path), "${before}\"${number}\"");
            using var document = JsonDocument.Parse(text);
            return new(document.RootElement.Clone(), path);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be read: {(e is JsonException ? JsonFault.Read(text, e) : SystemFault.Of(e))}", e);
        }
    }

    /// <summary>Another object within this one, as <c>vision_config</c>.</summary>
    public ModelConfig Section(string key) => new(Get(key) ?? throw Missing(key), $"{_path}: {key}");

    public bool Has(string key) => Get(key) is not null;

    public int Integer(string key, int? otherwise = null) => Read(key, otherwise, (json, where) => json.Integer(where));

    public double Number(string key, double? otherwise = null) => Read(key, otherwise, (json, where) => json.Number(where));

    public bool Truth(string key, bool? otherwise = null) => Read(key, otherwise, (json, where) => json.Truth(where));

    public IReadOnlyList<int> Integers(string key) => List(key, (json, where) => json.Integer(where));

    public IReadOnlyList<T> List<T>(string key, Func<JsonElement, string, T> read)
    {
        var list = Get(key) ?? throw Missing(key);
        return Checked(() =>
        {
            list.Items($"{_path}: {key}");
            return list.EnumerateArray().Select(item => read(item, $"{_path}: {key}")).ToList();
        });
    }

    /// <summary>One of some values, each as JSON writes it: <c>null</c>, <c>"silu"</c>, <c>false</c>.</summary>
    /// <returns>The one that it is; the first where the key is not there.</returns>
    /// <exception cref="CheckpointException">It is another, of which no published checkpoint is known.</exception>
    public string OneOf(string key, params string[] known)
    {
        var found = Get(key) is not { } json ? Absent(key) ? known[0] : "null"
            : json.ValueKind == JsonValueKind.String ? $"\"{json.GetString()}\""
            : json.GetRawText();
        return known.FirstOrDefault(word => Same(word, found))
            ?? throw new CheckpointException($"{_path}: {key} is {found}; known are {string.Join(", ", known)}");
    }

    /// <summary>A word, or a list of nothing but it; what is not there is taken to be it.</summary>
    /// <exception cref="CheckpointException">It is, or holds, another, of which no published checkpoint is known.</exception>
    public void AllOf(string key, string word)
    {
        var words = Get(key) is not { } json ? [word]
            : json.ValueKind == JsonValueKind.Array ? List(key, (item, where) => item.Text(where)) : [json.ToString()];
        if (words.FirstOrDefault(other => other != word) is { } another)
            throw new CheckpointException($"{_path}: {key} is \"{another}\"; known is \"{word}\"");
    }

    /// <summary>Fails unless all other keys are among those that change nothing.</summary>
    public void RefuseOthers(params string[] harmless)
    {
        var others = _json.EnumerateObject().Select(field => field.Name)
            .Where(name => !name.StartsWith('_') && !_asked.Contains(name) && !harmless.Contains(name)).ToList();
        if (others.Count > 0)
            throw new CheckpointException($"{_path} has keys of which nothing is known: {string.Join(", ", others)}");
    }

    private static bool Same(string word, string found) => word == found
        || (double.TryParse(word, out var a) && double.TryParse(found, out var b) && a.Equals(b));

    private bool Absent(string key) => !_json.TryGetProperty(key, out _);

    private JsonElement? Get(string key)
    {
        _asked.Add(key);
        return _json.ValueKind != JsonValueKind.Object ? throw new CheckpointException($"{_path} is not a JSON object")
            : _json.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private T Read<T>(string key, T? otherwise, Func<JsonElement, string, T> read)
        where T : struct =>
        Get(key) is { } json ? Checked(() => read(json, $"{_path}: {key}")) : otherwise ?? throw Missing(key);

    private static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new CheckpointException(e.Message, e);
        }
    }

    private CheckpointException Missing(string key) => new($"{_path}: key \"{key}\" is missing");

    [GeneratedRegex(
        @"(?<before>[:\[,]\s*)(?<number>-?Infinity|NaN)(?=\s*[,\]}])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NumbersOfPython();
}

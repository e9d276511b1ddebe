using System.Globalization;
using System.Numerics;
using YamlDotNet.RepresentationModel;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>
/// Reads the keys of a YAML mapping as values of a type and a range. Each read names a key that is allowed;
/// <see cref="End"/> refuses the others.
/// </summary>
internal sealed class YamlMap(YamlTree tree, YamlNode node, string path)
{
    private readonly List<string> _known = [];

    public YamlNode Node => node;

    private YamlMappingNode Mapping => node as YamlMappingNode
        ?? throw tree.Error(node, path, $"expected a mapping of keys to values, found {Describe(node)}");

    /// <summary>In the order of the file.</summary>
    /// <exception cref="SweepFileException">Some key is no text, or empty.</exception>
    public IReadOnlyList<string> Keys => [.. Mapping.Children.Keys.Select(k => k is YamlScalarNode { Value: { Length: > 0 } name }
        ? name
        : throw tree.Error(k, path, $"expected a name, found {Describe(k)}"))];

    public YamlMap Map(string key) => new(tree, Required(key), PathOf(key));

    /// <summary>A mapping that may be left out; an empty one then.</summary>
    public YamlMap OptionalMap(string key) => new(tree, Optional(key) ?? new YamlMappingNode(), PathOf(key));

    public IReadOnlyList<YamlMap> Maps(string key) => Required(key) switch
    {
        YamlSequenceNode { Children.Count: > 0 } list => [.. list.Children.Select((item, i) => new YamlMap(tree, item, $"{PathOf(key)}.{i}"))],
        var other => throw tree.Error(other, PathOf(key), $"expected a list of at least one item, found {Describe(other)}"),
    };

    public bool Has(string key) => Optional(key) is not null;

    public string Text(string key) => Scalar(key, Required(key));

    public string? OptionalText(string key) => Optional(key) is { } found ? Scalar(key, found) : null;

    /// <summary>One of some words.</summary>
    public string Word(string key, params string[] words)
    {
        var text = Text(key);
        return words.Contains(text) ? text : throw Error(key, $"expected one of {string.Join(", ", words)}, found '{text}'");
    }

    /// <summary>One of some words, or the first of them when the key is left out.</summary>
    public string OptionalWord(string key, params string[] words) => Optional(key) is null ? words[0] : Word(key, words);

    public bool Flag(string key, bool otherwise) => Optional(key) is null ? otherwise : Word(key, "true", "false") == "true";

    /// <summary>An integer in a range; <paramref name="otherwise"/> when the key is left out, if it may be.</summary>
    public T Integer<T>(string key, T min, T max, T? otherwise = null)
        where T : struct, IBinaryInteger<T>
        => Number(key, min, max, otherwise, NumberStyles.None, "an integer");

    public double Real(string key, double min, double max, double otherwise) =>
        Number(key, min, max, (double?)otherwise, NumberStyles.Float, "a number");

    /// <summary>Refuses the keys that nobody asked for.</summary>
    public void End()
    {
        foreach (var child in Mapping.Children.Keys)
        {
            if (child is not YamlScalarNode { Value: { } key } || !_known.Contains(key))
            {
                throw tree.Error(child, path, $"unknown key '{child}', expected one of {string.Join(", ", _known)}");
            }
        }
    }

    public SweepFileException Error(string key, string message) => tree.Error(Optional(key) ?? node, PathOf(key), message);

    public int? OptionalInteger(string key, int min, int max) => Optional(key) is null ? null : Integer(key, min, max);

    public double? OptionalReal(string key, double min, double max) => Optional(key) is null ? null : Real(key, min, max, 0);

    private T Number<T>(string key, T min, T max, T? otherwise, NumberStyles style, string what)
        where T : struct, INumber<T>
    {
        if (otherwise is { } value && Optional(key) is null)
        {
            return value;
        }

        var text = Text(key);
        return T.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && number.CompareTo(min) >= 0 && number.CompareTo(max) <= 0
            ? number
            : throw Error(key, $"expected {what} from {min} to {max}, found '{text}'");
    }

    private string Scalar(string key, YamlNode found) => found is YamlScalarNode { Value: { Length: > 0 } text }
        ? text
        : throw tree.Error(found, PathOf(key), $"expected a value, found {Describe(found)}");

    private YamlNode Required(string key) => Optional(key)
        ?? throw tree.Error(node, path, $"the key '{key}' is missing");

    private YamlNode? Optional(string key)
    {
        if (!_known.Contains(key))
        {
            _known.Add(key);
        }

        return Mapping.Children.TryGetValue(new YamlScalarNode(key), out var found) ? found : null;
    }

    private string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Describe(YamlNode node) => node switch
    {
        YamlMappingNode => "a mapping",
        YamlSequenceNode => "a list",
        YamlScalarNode { Value: { Length: > 0 } text } => $"'{text}'",
        _ => "nothing",
    };
}

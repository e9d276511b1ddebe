using System.Globalization;
using System.Numerics;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>
/// Reads the keys of a YAML mapping as values of a type and a range. Each read names a key that is allowed;
/// <see cref="End"/> refuses the others.
/// </summary>
internal sealed class YamlMap(YamlNode node, string path)
{
    private static readonly YamlNode Left = new("") { Entries = [] };

    private readonly List<string> _known = [];

    private OrderedDictionary<string, YamlEntry> Entries => node.Entries
        ?? throw Fault(node.Place, path, $"expected a mapping of keys to values, found {node.Description}");

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<string> Keys => Entries.Keys;

    public YamlMap Map(string key) => new(Required(key), PathOf(key));

    /// <summary>A mapping that may be left out; an empty one then.</summary>
    public YamlMap OptionalMap(string key) => new(Optional(key) ?? Left, PathOf(key));

    public IReadOnlyList<YamlMap> Maps(string key) => Required(key) switch
    {
        { Items: { Count: > 0 } items } => [.. items.Select((item, i) => new YamlMap(item, $"{PathOf(key)}.{i}"))],
        var other => throw Fault(other.Place, PathOf(key), $"expected a list of at least one item, found {other.Description}"),
    };

    public bool Has(string key) => Optional(key) is not null;

    public string Text(string key) => Scalar(key, Required(key));

    public string? OptionalText(string key) => Optional(key) is { } found ? Scalar(key, found) : null;

    /// <summary>One of some words.</summary>
    public string Word(string key, params string[] words)
    {
        var text = Text(key);
        return words.Contains(text) ? text : throw Error(key, $"expected one of {string.Join(", ", words)}, found '{VisibleText.Short(text)}'");
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
        if (Entries.Keys.FirstOrDefault(k => !_known.Contains(k)) is { } unknown)
        {
            throw Unknown(unknown, Spelling.Nearest(unknown, _known.Where(k => !Entries.ContainsKey(k))));
        }
    }

    public SweepFileException Error(string key, string message) => Fault((Optional(key) ?? node).Place, PathOf(key), message);

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
            : throw Error(key, $"expected {what} from {min} to {max}, found '{VisibleText.Short(text)}'");
    }

    private string Scalar(string key, YamlNode found) => found.Text is { Length: > 0 } text
        ? text
        : throw Fault(found.Place, PathOf(key), $"expected a value, found {found.Description}");

    /// <summary>A key that nobody knows and that is spelt nearly so is what is meant.</summary>
    private YamlNode Required(string key) => Optional(key)
        ?? throw (Spelling.Nearest(key, Entries.Keys.Except(_known)) is { } misspelt
            ? Unknown(misspelt, key)
            : Fault(node.Place, path, $"the key '{key}' is missing"));

    private YamlNode? Optional(string key)
    {
        if (!_known.Contains(key))
        {
            _known.Add(key);
        }

        return Entries.TryGetValue(key, out var found) ? found.Value : null;
    }

    private SweepFileException Unknown(string key, string? meant) => Fault(
        Entries[key].Place,
        path,
        $"unknown key '{VisibleText.Short(key)}', " + (meant is null ? "" : $"did you mean '{meant}'? ") + $"expected one of {string.Join(", ", _known)}");

    private string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static SweepFileException Fault(string place, string path, string message) =>
        new(path.Length == 0 ? $"{place}: {message}" : $"{place}: {VisibleText.Short(path, 120)}: {message}");
}

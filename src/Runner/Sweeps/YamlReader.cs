using ReflectDiT.Eval.Core.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>
/// Reads YAML into nodes. An alias is a copy of what it stands for, so that to change one place changes no other; how deep
/// and how large a file may be is bounded, however little text it takes.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Characters; a sweep has a few thousand.</summary>
    private const int LongestText = 1 << 20;

    private const int DeepestNode = 32;

    /// <summary>With all copies.</summary>
    private const int MostNodes = 50_000;

    private readonly string _file;
    private readonly string _text;
    private readonly string? _origin;
    private readonly Parser _parser;

    /// <summary>What each anchor stands for; null while it is not read to its end.</summary>
    private readonly Dictionary<string, YamlNode?> _anchors = [];

    private int _nodes;
    private Mark _reached;

    private YamlReader(string file, string text, string? origin)
    {
        (_file, _text, _origin) = (file, text, origin);
        _parser = new(new StringReader(text));
    }

    /// <param name="file">As messages name it.</param>
    /// <param name="origin">What messages name as the place of every node; null for the file with line and column.</param>
    /// <exception cref="SweepFileException">It is no YAML, or goes beyond the bounds.</exception>
    public static YamlNode Read(string file, string text, string? origin = null)
    {
        var reader = new YamlReader(file, text, origin);
        if (text.Length > LongestText)
        {
            throw new SweepFileException($"{file}: has {text.Length} characters: expected at most {LongestText}");
        }

        try
        {
            return reader.Document();
        }
        catch (Exception e) when (e is not SweepFileException)
        {
            // Not all that the parser throws at a broken text is its own.
            throw reader.NotYaml(e);
        }
    }

    private YamlNode Document()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            throw new SweepFileException($"{_file}:1:1: expected one YAML document, found none");
        }

        var root = Node(0);
        _parser.Consume<DocumentEnd>();
        return _parser.TryConsume<StreamEnd>(out _)
            ? root
            : throw Error(_parser.Current!, "expected one YAML document, found another");
    }

    private YamlNode Node(int depth)
    {
        var begin = _parser.Current!;
        _reached = begin.End;
        if (depth > DeepestNode)
        {
            throw Error(begin, $"lists and mappings are nested more than {DeepestNode} deep");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value.Value, out var known)
                ? Copy(known ?? throw Error(alias, $"the alias *{Word(alias)} refers to itself"), alias, depth)
                : throw Error(alias, $"the alias *{Word(alias)} has no anchor &{Word(alias)} above it");
        }

        var anchor = begin is NodeEvent { Anchor.IsEmpty: false } named ? named.Anchor.Value : null;
        if (anchor is not null)
        {
            _anchors[anchor] = null;
        }

        var node = Count(begin);
        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            node = node with { Text = scalar.Value };
        }
        else if (_parser.TryConsume<SequenceStart>(out _))
        {
            node = node with { Items = [] };
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                node.Items.Add(Node(depth + 1));
            }
        }
        else
        {
            _parser.Consume<MappingStart>();
            node = node with { Entries = [] };
            while (!_parser.TryConsume<MappingEnd>(out _))
            {
                Entry(node.Entries, depth);
            }
        }

        if (anchor is not null)
        {
            _anchors[anchor] = node;
        }

        return node;
    }

    private void Entry(OrderedDictionary<string, YamlEntry> entries, int depth)
    {
        var at = _parser.Current!;
        var key = Node(depth + 1);
        if (key.Text is not { Length: > 0 } name)
        {
            throw Error(at, $"expected a name as key, found {key.Description}");
        }

        if (name == "<<")
        {
            throw Error(at, "merge keys (<<) are not known here: write the keys out, or use an alias for the whole value");
        }

        if (!entries.TryAdd(name, new(key.Place, Node(depth + 1))))
        {
            throw Error(at, $"not valid YAML: the key '{VisibleText.Short(name)}' is given twice");
        }
    }

    private YamlNode Copy(YamlNode original, ParsingEvent at, int depth)
    {
        if (depth > DeepestNode)
        {
            throw Error(at, $"lists and mappings are nested more than {DeepestNode} deep");
        }

        _ = Count(at);
        if (original.Items is { } items)
        {
            return original with { Items = items.ConvertAll(i => Copy(i, at, depth + 1)) };
        }

        return original.Entries is { } entries
            ? original with
            {
                Entries = new(entries.Select(e => KeyValuePair.Create(e.Key, e.Value with { Value = Copy(e.Value.Value, at, depth + 1) }))),
            }
            : original;
    }

    /// <summary>A node more, at an event's place.</summary>
    private YamlNode Count(ParsingEvent at) => ++_nodes <= MostNodes
        ? new(Place(at))
        : throw Error(at, $"more than {MostNodes} values, copies by aliases included");

    private static string Word(AnchorAlias alias) => VisibleText.Short(alias.Value.Value);

    private string Place(ParsingEvent at) => _origin ?? $"{_file}:{at.Start.Line}:{at.Start.Column}";

    private SweepFileException Error(ParsingEvent at, string what) => new($"{Place(at)}: {what}");

    /// <summary>What the parser says, in words that need no knowledge of parsers.</summary>
    private static string Words(string parser)
    {
        bool Says(string words) => parser.Contains(words, StringComparison.OrdinalIgnoreCase);
        return Says("expected ':'") ? "a key without ':' behind it"
            : Says("multiline plain scalar") ? "a line without ':' above one that has it: behind a key stands ':'"
            : Says("',' or ']'") ? "a list that is not closed with ']', or lacks a ','"
            : Says("',' or '}'") ? "a mapping that is not closed with '}', or lacks a ','"
            : Says("invalid mapping") || Says("values are not allowed")
                ? "a ':' where no key can stand: a list or mapping before it is not closed, or a text that holds ': ' needs quotes"
            : Says("quoted scalar") ? "a text in quotes that is not closed, or has an escape that YAML does not know"
            : Says("cannot start any token") ? "a character that no value begins with: put the text in quotes"
            : Says("expected key") || Says("block mapping") || Says("block collection") || Says("'-' indicator") || Says("block end")
                ? "a line that does not fit those above it: see how far it is indented"
            : Says("duplicate key") ? "a key that is given twice"
            : "what stands here cannot be read";
    }

    private SweepFileException NotYaml(Exception e)
    {
        // The parser does not say where it met a tab, and of some faults no place at all: then it is behind what was read last.
        var tab = _text.Split('\n').Index().FirstOrDefault(l => l.Item.TrimStart(' ') is ['\t', ..] and var rest && rest.Trim().Length > 0);
        var at = e is YamlException { Start: { } start } && (start.Line > 1 || start.Column > 1) ? start : _reached;
        var (line, column, what) = tab.Item is { } text
            ? (tab.Index + 1, text.IndexOf('\t') + 1, "a tab, where YAML allows only spaces")
            : (at.Line, at.Column, Words(e.Message));
        return new($"{_origin ?? $"{_file}:{line}:{column}"}: not valid YAML: {what}");
    }
}

using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>A node of a YAML file, or of an override: a text, a list or a mapping.</summary>
/// <param name="Place">Where it stands, as messages say it: file, line and column, or the override.</param>
internal sealed record YamlNode(string Place)
{
    /// <summary>Null for a list or mapping.</summary>
    public string? Text { get; init; }

    /// <summary>Null unless it is a list.</summary>
    public List<YamlNode>? Items { get; init; }

    /// <summary>Null unless it is a mapping. In the order of the file.</summary>
    public OrderedDictionary<string, YamlEntry>? Entries { get; init; }

    /// <summary>As messages say it.</summary>
    public string Description => this switch
    {
        { Entries: not null } => "a mapping",
        { Items: [] } => "an empty list",
        { Items: not null } => "a list",
        { Text: { Length: > 0 } text } => $"'{VisibleText.Short(text)}'",
        _ => "nothing",
    };
}

/// <param name="Place">Of the key.</param>
internal sealed record YamlEntry(string Place, YamlNode Value);

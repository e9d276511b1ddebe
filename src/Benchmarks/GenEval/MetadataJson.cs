using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>A prompt as a line of GenEval's <c>evaluation_metadata.jsonl</c>.</summary>
public static class MetadataJson
{
    /// <summary>The line as Python's <c>json.dumps</c> writes it, without a line end.</summary>
    public static string Write(PromptMetadata prompt)
    {
        var json = new StringBuilder();
        json.Append("{\"tag\": ").AppendPython(prompt.Tag);
        AppendClauses(json, "include", prompt.Include);
        if (prompt.Exclude.Count > 0)
            AppendClauses(json, "exclude", prompt.Exclude);
        return json.Append(", \"prompt\": ").AppendPython(prompt.Prompt).Append('}').ToString();
    }

    /// <summary>Reads one metadata object; <c>include</c> and <c>exclude</c> may be absent.</summary>
    /// <param name="classes">Those that its clauses may name.</param>
    /// <exception cref="InvalidDataException">Something is missing, of the wrong type or not known.</exception>
    public static PromptMetadata Read(JsonElement json, ClassNames classes)
    {
        var tag = json.Required("tag").Word("tag", Categories.All);
        var prompt = json.Required("prompt").Text("prompt");
        return new PromptMetadata(tag, Clauses("include"), Clauses("exclude"), prompt);

        Clause[] Clauses(string list)
        {
            if (!json.TryGetProperty(list, out var clauses))
                return [];

            var read = new Clause[clauses.Items(list)];
            for (var i = 0; i < read.Length; i++)
                read[i] = ReadClause(clauses[i], classes, $"prompt \"{prompt}\", {list} clause {i}");
            return read;
        }
    }

    private static Clause ReadClause(JsonElement json, ClassNames classes, string where)
    {
        foreach (var field in json.Fields(where))
        {
            if (field.Name is not ("class" or "count" or "color" or "position"))
            {
                throw new InvalidDataException(
                    $"{where}: unknown key \"{field.Name}\"; expected class, count, color or position");
            }
        }

        var name = json.Required("class", where).Text($"{where}: class");
        return new Clause(
            classes.Find(name, where),
            json.Required("count", where).Integer($"{where}: count"),
            json.TryGetProperty("color", out var colour) ? colour.Word($"{where}: color", Palette.Colours) : null,
            json.TryGetProperty("position", out var position) ? ReadPosition(position, $"{where}: position") : null);
    }

    private static Position ReadPosition(JsonElement json, string where) =>
        json.Items(where) == 2
            ? new Position(json[0].Word($"{where}[0]", Palette.Relations), json[1].Integer($"{where}[1]"))
            : throw new InvalidDataException($"{where}: expected [relation, index of an earlier clause]");

    private static void AppendClauses(StringBuilder json, string list, IReadOnlyList<Clause> clauses)
    {
        json.Append(", \"").Append(list).Append("\": [");
        var separator = "";
        foreach (var clause in clauses)
        {
            json.Append(separator).Append("{\"class\": ").AppendPython(clause.Class);
            json.Append(", \"count\": ").Append(clause.Count);
            if (clause.Colour is not null)
                json.Append(", \"color\": ").AppendPython(clause.Colour);
            if (clause.Position is { } position)
            {
                json.Append(", \"position\": [").AppendPython(position.Relation);
                json.Append(", ").Append(position.Target).Append(']');
            }

            json.Append('}');
            separator = ", ";
        }

        json.Append(']');
    }

    /// <summary>A string literal with everything but printable ASCII escaped, as Python does by default.</summary>
    private static StringBuilder AppendPython(this StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\f' => json.Append("\\f"),
                '\b' => json.Append("\\b"),
                < ' ' or > '\x7f' => json.Append($"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        return json.Append('"');
    }
}

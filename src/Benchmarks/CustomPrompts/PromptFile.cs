using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Benchmarks.CustomPrompts;

/// <summary>
/// Reads prompts from a text of one prompt a line (.txt), a table with a heading (.csv; .tsv without any quoting, as
/// PartiPrompts has it), or one JSON object a line (.jsonl).
/// </summary>
public static class PromptFile
{
    /// <summary>The key of the text in what is read, as in GenEval's metadata.</summary>
    internal const string Prompt = "prompt";

    /// <summary>The key of the stratum, likewise; absent where there are no strata.</summary>
    internal const string Tag = "tag";

    private static readonly string[] StandardStrata = ["stratum", Tag];

    private const int MostPrompts = 100_000;

    /// <summary>A table has a column for each.</summary>
    private const int MostStrata = 100;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A prompt as the file gives it.</summary>
    private sealed record Entry(int Line, IReadOnlyList<(string Key, JsonElement Value)> Fields)
    {
        public JsonElement? Find(string key) =>
            Fields.Where(f => f.Key == key).Select(f => (JsonElement?)f.Value).FirstOrDefault();
    }

    /// <param name="file">Its name, which says its form.</param>
    /// <param name="prompt">The column or key of the text; <c>prompt</c> by default.</param>
    /// <param name="stratum">That of the stratum; by default <c>stratum</c>, or <c>tag</c> as in GenEval's own file, if there.</param>
    /// <returns>One object a prompt: its text, its stratum where there are any, and whatever else the file says of it.</returns>
    /// <exception cref="InvalidDataException">Something in it is wrong: the message names the file and the line.</exception>
    public static IReadOnlyList<JsonElement> Read(string file, string text, string? prompt = null, string? stratum = null)
    {
        var entries = Entries(file, text).Take(MostPrompts + 1).ToList();
        if (entries.Count is 0 or > MostPrompts)
        {
            throw new InvalidDataException(
                $"{file}: expected 1 to {MostPrompts} prompts, found {(entries.Count == 0 ? "none" : "more")}");
        }

        var group = stratum ?? Array.Find(StandardStrata, s => entries.Exists(e => e.Find(s) is not null));
        var (lines, strata) = (new Dictionary<string, int>(), new HashSet<string>());
        return entries.ConvertAll(entry =>
        {
            var words = Words(file, entry, prompt ?? Prompt);
            var tag = group is null ? null : PlainName.Of(Words(file, entry, group));
            var fault = !lines.TryAdd(words, entry.Line)
                ? $"this repeats the prompt of line {lines[words]}: each prompt may be given once"
                : tag is not null && strata.Add(tag) && strata.Count > MostStrata
                    ? $"'{tag}' is one stratum too many: at most {MostStrata} are allowed, as each has a column in tables"
                    : tag is not null && (tag == Metric.MeanOverPrompts.Id || tag == Metric.MeanOverCategories.Id)
                        ? $"a stratum cannot be called '{tag}': that is the name of a mean"
                        : tag is not null && PlainName.Fault(tag) is { } unseen ? $"{group}: {unseen}"
                        : null;
            return fault is null
                ? Metadata(words, tag, entry.Fields.Where(f => f.Key != (prompt ?? Prompt) && f.Key != group))
                : throw new InvalidDataException($"{file}:{entry.Line}: {fault}");
        });
    }

    private static IEnumerable<Entry> Entries(string file, string text) => Path.GetExtension(file) switch
    {
        ".txt" => Lines(text).Select(l => new Entry(l.Line, [(Prompt, JsonSerializer.SerializeToElement(l.Text))])),
        ".jsonl" => Lines(text).Select(l => Object(file, l.Line, l.Text)),
        ".csv" => Table(file, CsvReader.Rows(text, (l, fault) => new InvalidDataException($"{file}:{l}: {fault}"))),
        ".tsv" => Table(file, text.Split('\n').Select((line, i) => (i + 1, (IReadOnlyList<string>)line.TrimEnd('\r').Split('\t'))).Where(l => l.Item2 is not [""])),
        var other => throw new InvalidDataException($"{file}: '{other}' is not a known kind of prompt file; expected .txt, .csv, .tsv or .jsonl"),
    };

    /// <summary>Those with anything in them, from 1.</summary>
    private static IEnumerable<(int Line, string Text)> Lines(string text) =>
        text.Split('\n').Select((line, i) => (i + 1, line.Trim())).Where(l => l.Item2.Length > 0);

    private static Entry Object(string file, int line, string text)
    {
        try
        {
            return JsonReading.Line(text, json =>
            {
                JsonReading.CheckText(json);
                return new Entry(line, [.. json.EnumerateObject().Select(p => (p.Name, Whole(p.Value)))]);
            });
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file}:{line}: {e.Message}", e);
        }
    }

    /// <summary>A copy of a value; of a string that is one.</summary>
    private static JsonElement Whole(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? JsonSerializer.SerializeToElement(value.GetString()) : value.Clone();

    private static IEnumerable<Entry> Table(string file, IEnumerable<(int Line, IReadOnlyList<string> Fields)> rows)
    {
        IReadOnlyList<string>? heading = null;
        foreach (var (line, fields) in rows)
        {
            if (heading is null)
            {
                heading = fields.CountBy(f => f).FirstOrDefault(f => f.Value > 1).Key is { } twice
                    ? throw new InvalidDataException($"{file}:{line}: the column '{VisibleText.Short(twice)}' is given twice")
                    : fields;
                continue;
            }

            yield return fields.Count == heading.Count
                ? new(line, [.. heading.Zip(fields, (h, f) => (h, JsonSerializer.SerializeToElement(f)))])
                : throw new InvalidDataException($"{file}:{line}: {fields.Count} fields, but {heading.Count} columns");
        }
    }

    /// <summary>A text of one line that is not empty.</summary>
    private static string Words(string file, Entry entry, string key)
    {
        var found = entry.Find(key) ?? throw new InvalidDataException(
            $"{file}:{entry.Line}: no '{key}'; there are: {VisibleText.Short(string.Join(", ", entry.Fields.Select(f => f.Key)), 500)}");
        var words = found.ValueKind == JsonValueKind.String ? found.GetString()!.Trim() : "";
        return words.Length > 0 && !words.Any(char.IsControl)
            ? words
            : throw new InvalidDataException(
                $"{file}:{entry.Line}: {JsonReading.Fault(key, "a text of one line", found).Message}");
    }

    private static JsonElement Metadata(string words, string? tag, IEnumerable<(string Key, JsonElement Value)> others)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString(Prompt, words);
            if (tag is not null)
            {
                json.WriteString(Tag, tag);
            }

            foreach (var (key, value) in others.Where(o => o.Key != Prompt && o.Key != Tag))
            {
                json.WritePropertyName(key);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }
}

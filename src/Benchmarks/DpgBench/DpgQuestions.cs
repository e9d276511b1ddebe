using System.Globalization;
using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Benchmarks.DpgBench;

/// <param name="Id">Counts within its item, from 1 (proposition_id).</param>
/// <param name="Tuple">What it is about, as <c>attribute - color (shell, blue)</c>.</param>
/// <param name="Parents">The questions that must hold for it to count.</param>
public sealed record DpgQuestion(int Id, string Tuple, IReadOnlyList<int> Parents, string Text)
{
    /// <summary>The fine category: the tuple up to its bracket.</summary>
    [JsonIgnore]
    public string Fine => Tuple.Split('(')[0].Trim();

    /// <summary>The broad category: the fine one up to its dash.</summary>
    [JsonIgnore]
    public string Broad => Tuple.Split('-')[0].Trim();
}

/// <summary>A prompt and what is asked of its images, in the order in which it is asked.</summary>
public sealed record DpgItem(string Id, string Prompt, IReadOnlyList<DpgQuestion> Questions);

/// <summary>Reads dpg_bench.csv as the published script does (ELLA, dpg_bench/compute_dpg_bench.py).</summary>
public static class DpgQuestions
{
    private static readonly string[] Columns = ["item_id", "text", "proposition_id", "dependency", "tuple", "question_natural_language"];

    /// <param name="dropFirstRow">The script skips the first question of the file, not only its heading: <c>paper</c> does
    /// so, <c>clean</c> does not.</param>
    /// <returns>By their ids. An item that comes back later replaces what it had.</returns>
    /// <exception cref="InvalidDataException">The text is no such table; the line is named.</exception>
    public static IReadOnlyDictionary<string, DpgItem> Read(string csv, bool dropFirstRow)
    {
        var rows = CsvReader.Rows(csv, (line, what) => new InvalidDataException($"line {line}: {what}")).GetEnumerator();
        if (!rows.MoveNext())
            throw new InvalidDataException($"empty; expected a heading with {string.Join(", ", Columns)}");
        var heading = rows.Current.Fields.ToList();
        var at = Columns.Select(column => heading.IndexOf(column)).ToArray();
        if (Array.IndexOf(at, -1) is var missing and >= 0)
            throw new InvalidDataException($"line 1: the column {Columns[missing]} is missing");
        if (dropFirstRow)
            rows.MoveNext();
        var (items, open) = (new Dictionary<string, DpgItem>(), new List<DpgQuestion>());
        var (id, prompt) = ("", "");
        while (rows.MoveNext())
        {
            var (line, fields) = rows.Current;
            if (fields.Count != heading.Count)
                throw new InvalidDataException($"line {line}: {fields.Count} fields; the heading has {heading.Count}");
            if (fields[at[0]] != id)
                (id, prompt, open) = (fields[at[0]], fields[at[1]], []);
            var question = new DpgQuestion(Number(line, fields[at[2]]), fields[at[4]], Parents(line, fields[at[3]]), fields[at[5]]);
            if (open.FindIndex(before => before.Id == question.Id) is var again and >= 0)
                open[again] = question;
            else
                open.Add(question);
            items[id] = new(id, prompt, open);
        }

        return items;
    }

    private static int[] Parents(int line, string dependency) =>
        [.. dependency.Split(',').Select(parent => Number(line, parent)).Where(parent => parent != 0)];

    private static int Number(int line, string text) => int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new InvalidDataException($"line {line}: expected a question's number, found \"{text}\"");
}

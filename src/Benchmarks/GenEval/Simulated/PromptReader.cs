using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>
/// Reads GenEval's prompt text back into its clauses: simulated models are given the text alone. Any other text stands for
/// one of the published prompts, always the same: simulated models are no evidence about it in any case.
/// </summary>
public static class PromptReader
{
    private const string Opening = "a photo of ";

    private static readonly string[] NumberWords = ["zero", "one", "two", "three", "four"];

    public static PromptMetadata Read(string prompt)
    {
        var scene = prompt.StartsWith(Opening, StringComparison.Ordinal) ? prompt[Opening.Length..] : "";
        return Counting(prompt, scene) ?? Position(prompt, scene) ?? Pair(prompt, scene) ?? One(prompt, scene)
            ?? StandIn(prompt) with { Prompt = prompt };
    }

    private static PromptMetadata StandIn(string prompt)
    {
        var hash = BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(prompt)));
        return PromptSet.Published[(int)(hash % PromptSet.Published.Count)];
    }

    private static PromptMetadata? Counting(string prompt, string scene)
    {
        var blank = scene.IndexOf(' ');
        var count = blank < 0 ? -1 : Array.IndexOf(NumberWords, scene[..blank]);
        return count > 1 && Singular(scene[(blank + 1)..]) is { } name
            ? new(Categories.Counting, [new(name, count)], [new(name, count + 1)], prompt)
            : null;
    }

    private static PromptMetadata? Position(string prompt, string scene)
    {
        foreach (var relation in Palette.Relations)
        {
            if (Split(scene, $" {relation} ") is ({ Colour: null } first, { Colour: null } second))
            {
                var placed = first with { Position = new Position(relation, 0) };
                return new(Categories.Position, [second, placed], [], prompt);
            }
        }

        return null;
    }

    private static PromptMetadata? Pair(string prompt, string scene)
    {
        if (Split(scene, " and ") is not var (first, second) || first.Colour is null != second.Colour is null)
        {
            return null;
        }

        return new(first.Colour is null ? Categories.TwoObject : Categories.ColorAttr, [first, second], [], prompt);
    }

    private static PromptMetadata? One(string prompt, string scene) => Noun(scene) is { } clause
        ? new(clause.Colour is null ? Categories.SingleObject : Categories.Colors, [clause], [], prompt)
        : null;

    private static (Clause First, Clause Second)? Split(string scene, string separator)
    {
        var at = scene.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 && Noun(scene[..at]) is { } first && Noun(scene[(at + separator.Length)..]) is { } second
            ? (first, second)
            : null;
    }

    /// <summary>An article, perhaps a colour, and a class. A lone "orange" is the fruit.</summary>
    private static Clause? Noun(string phrase)
    {
        var blank = phrase.IndexOf(' ');
        if (blank < 0 || phrase[..blank] is not ("a" or "an"))
        {
            return null;
        }

        var noun = phrase[(blank + 1)..];
        if (ObjectNames.IndexOf(noun) >= 0)
        {
            return new Clause(noun, 1);
        }

        blank = noun.IndexOf(' ');
        return blank >= 0 && Palette.Colours.Contains(noun[..blank]) && ObjectNames.IndexOf(noun[(blank + 1)..]) >= 0
            ? new Clause(noun[(blank + 1)..], 1, noun[..blank])
            : null;
    }

    /// <summary>Undoes the published plural: "es" after s, else "s".</summary>
    private static string? Singular(string plural)
    {
        if (!plural.EndsWith('s'))
        {
            return null;
        }

        var name = plural.EndsWith("ses", StringComparison.Ordinal) ? plural[..^2] : plural[..^1];
        name = ObjectNames.IndexOf(name) < 0 ? plural[..^1] : name;
        return ObjectNames.IndexOf(name) < 0 ? null : name;
    }
}

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>
/// Refuses metadata on which the published scorer crashes or quietly does something that nobody can have meant. Each
/// method hands back a copy that nobody can change any more.
/// </summary>
internal static class ClauseCheck
{
    public static string Tag(string prompt, string tag) =>
        string.IsNullOrEmpty(tag)
            ? throw new InvalidDataException($"prompt \"{prompt}\": no tag; expected the prompt's category")
            : tag;

    public static Clause[] Include(string prompt, IReadOnlyList<Clause> clauses)
    {
        for (var i = 0; i < clauses.Count; i++)
        {
            CheckObjects(prompt, "include", i, clauses[i]);
            if (clauses[i].Colour is { } colour && !Palette.Colours.Contains(colour))
            {
                throw Refuse(
                    prompt, "include", i, $"unknown colour \"{colour}\"; expected one of {Names(Palette.Colours)}");
            }

            if (clauses[i].Position is { } position)
                CheckPosition(prompt, i, position);
        }

        return [.. clauses];
    }

    public static Clause[] Exclude(string prompt, IReadOnlyList<Clause> clauses)
    {
        for (var i = 0; i < clauses.Count; i++)
        {
            CheckObjects(prompt, "exclude", i, clauses[i]);
            if (clauses[i].Colour is not null || clauses[i].Position is not null)
                throw Refuse(prompt, "exclude", i, "colour and position have no effect here; expected class and count");
        }

        return [.. clauses];
    }

    /// <summary>An error about one clause of a prompt.</summary>
    public static InvalidDataException Refuse(string prompt, string list, int index, string fault) =>
        new($"prompt \"{prompt}\", {list} clause {index}: {fault}");

    public static string Names(IReadOnlyList<string> names) => string.Join(", ", names);

    private static void CheckObjects(string prompt, string list, int index, Clause clause)
    {
        if (clause.Count < 1)
            throw Refuse(prompt, list, index, $"count {clause.Count} of {clause.Class}; expected 1 or more");
    }

    private static void CheckPosition(string prompt, int index, Position position)
    {
        if (!Palette.Relations.Contains(position.Relation))
        {
            throw Refuse(
                prompt,
                "include",
                index,
                $"unknown relation \"{position.Relation}\"; expected one of {Names(Palette.Relations)}");
        }

        if (position.Target < 0 || position.Target >= index)
        {
            var expected = index == 0 ? "the first clause has no earlier one" : $"expected 0 to {index - 1}";
            throw Refuse(
                prompt,
                "include",
                index,
                $"position refers to clause {position.Target}, not an earlier one; {expected}");
        }
    }
}

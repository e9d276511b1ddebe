namespace ReflectDiT.Eval.Core.GenEval;

/// <summary>
/// Refuses metadata on which the published scorer crashes or quietly does something that nobody can have meant.
/// </summary>
internal static class ClauseCheck
{
    /// <exception cref="InvalidDataException">Names the prompt and the clause.</exception>
    public static void Run(PromptMetadata prompt)
    {
        if (string.IsNullOrEmpty(prompt.Tag))
            throw new InvalidDataException($"prompt \"{prompt.Prompt}\": no tag; expected the prompt's category");

        for (var i = 0; i < prompt.Include.Count; i++)
        {
            var clause = prompt.Include[i];
            CheckObjects(prompt, "include", i, clause);
            if (clause.Colour is { } colour && !Palette.Colours.Contains(colour))
                throw Refuse(prompt, "include", i, $"unknown colour \"{colour}\"; expected one of {Colours}");
            if (clause.Position is { } position)
                CheckPosition(prompt, i, position);
        }

        for (var i = 0; i < prompt.Exclude.Count; i++)
        {
            var clause = prompt.Exclude[i];
            CheckObjects(prompt, "exclude", i, clause);
            if (clause.Colour is not null || clause.Position is not null)
                throw Refuse(prompt, "exclude", i, "colour and position have no effect here; expected class and count");
        }
    }

    /// <summary>An error about one clause of a prompt.</summary>
    public static InvalidDataException Refuse(PromptMetadata prompt, string list, int index, string fault) =>
        new($"prompt \"{prompt.Prompt}\", {list} clause {index}: {fault}");

    private static string Colours => string.Join(", ", Palette.Colours);

    private static void CheckObjects(PromptMetadata prompt, string list, int index, Clause clause)
    {
        if (ObjectNames.IndexOf(clause.Class) < 0)
            throw Refuse(prompt, list, index, $"unknown class \"{clause.Class}\"; expected one of GenEval's 80 names");
        if (clause.Count < 1)
            throw Refuse(prompt, list, index, $"count {clause.Count} of {clause.Class}; expected 1 or more");
    }

    private static void CheckPosition(PromptMetadata prompt, int index, Position position)
    {
        if (!Palette.Relations.Contains(position.Relation))
        {
            throw Refuse(
                prompt,
                "include",
                index,
                $"unknown relation \"{position.Relation}\"; expected one of {string.Join(", ", Palette.Relations)}");
        }

        if (position.Target < 0 || position.Target >= index)
        {
            var expected = index == 0 ? "the first clause has no earlier one" : $"expected 0 to {index - 1}";
            throw Refuse(
                prompt, "include", index, $"position refers to clause {position.Target}, not an earlier one; {expected}");
        }
    }
}

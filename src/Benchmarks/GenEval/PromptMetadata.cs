namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>
/// One line of GenEval's metadata: what an image of <see cref="Prompt"/> must and must not show. Only clauses with a
/// defined meaning can be held: others are refused with an <see cref="InvalidDataException"/> that names the prompt
/// and the clause.
/// </summary>
/// <param name="Tag">One of the six categories of <see cref="Categories"/>.</param>
/// <param name="Include">Clauses that must all hold, in order.</param>
/// <param name="Exclude">Clauses of which none may hold.</param>
/// <param name="Prompt">The text that the generator is given.</param>
public sealed record PromptMetadata(
    string Tag,
    IReadOnlyList<Clause> Include,
    IReadOnlyList<Clause> Exclude,
    string Prompt)
{
    private readonly Clause[] _include = ClauseCheck.Include(Prompt, Include);
    private readonly Clause[] _exclude = ClauseCheck.Exclude(Prompt, Exclude);

    public string Tag { get; init => field = ClauseCheck.Tag(Prompt, value); } = ClauseCheck.Tag(Prompt, Tag);

    public IReadOnlyList<Clause> Include
    {
        get => _include;
        init => _include = ClauseCheck.Include(Prompt, value);
    }

    public IReadOnlyList<Clause> Exclude
    {
        get => _exclude;
        init => _exclude = ClauseCheck.Exclude(Prompt, value);
    }

    internal ReadOnlySpan<Clause> IncludeSpan => _include;

    internal ReadOnlySpan<Clause> ExcludeSpan => _exclude;
}

/// <summary>A demand on the objects of one class.</summary>
/// <param name="Class">One of the benchmark's <see cref="ClassNames"/>.</param>
/// <param name="Count">Include: at least so many. Exclude: fewer than so many.</param>
/// <param name="Colour">One of <see cref="Palette.Colours"/>, or null when any will do.</param>
/// <param name="Position">Where the objects must be, seen from those of an earlier clause; null when anywhere.</param>
public sealed record Clause(string Class, int Count, string? Colour = null, Position? Position = null);

/// <summary>A relation to the objects of an earlier include clause.</summary>
/// <param name="Relation">"left of", "right of", "above" or "below".</param>
/// <param name="Target">Index of the earlier clause.</param>
public sealed record Position(string Relation, int Target);

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>Choices among the attempts of a chain.</summary>
internal static class Attempts
{
    /// <summary>Index of the first attempt with a property, else <paramref name="otherwise"/>.</summary>
    public static int FirstOr(this IReadOnlyList<PastAttempt> history, Func<PastAttempt, bool> has, int otherwise)
    {
        for (var i = 0; i < history.Count; i++)
        {
            if (has(history[i]))
            {
                return i;
            }
        }

        return otherwise;
    }

    /// <summary>Index of the highest value; the earliest of equals.</summary>
    public static int Best(this IReadOnlyList<PastAttempt> history, Func<PastAttempt, double> value)
    {
        var best = 0;
        for (var i = 1; i < history.Count; i++)
        {
            if (value(history[i]) > value(history[best]))
            {
                best = i;
            }
        }

        return best;
    }
}

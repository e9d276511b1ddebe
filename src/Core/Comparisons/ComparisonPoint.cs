using System.Globalization;
using ReflectDiT.Eval.Core.Results;

namespace ReflectDiT.Eval.Core.Comparisons;

/// <summary>Where on their curves two arms are compared.</summary>
public abstract record ComparisonPoint
{
    private const string BudgetPrefix = "budget:";

    private ComparisonPoint()
    {
    }

    /// <summary>Each arm as it was run, with all its attempts.</summary>
    public sealed record Whole : ComparisonPoint;

    /// <summary>Both after at most so many attempts.</summary>
    public sealed record Attempts(int N) : ComparisonPoint;

    /// <summary>Both at the same mean cost a prompt, whatever N that is for each.</summary>
    public sealed record Budget(BudgetAxis Axis, double Cost) : ComparisonPoint;

    /// <param name="text">A number of attempts, or <c>budget:AXIS=COST</c> as in budget:device-seconds=40.</param>
    /// <exception cref="FormatException">It is neither.</exception>
    public static ComparisonPoint Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0)
        {
            return new Attempts(n);
        }

        var parts = text.StartsWith(BudgetPrefix, StringComparison.Ordinal)
            ? text[BudgetPrefix.Length..].Split('=')
            : [];
        if (parts.Length == 2
            && BudgetAxes.Find(parts[0]) is { } axis
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var cost)
            && cost > 0 && double.IsFinite(cost))
        {
            return new Budget(axis, cost);
        }

        throw new FormatException(
            $"'{text}' is neither a number of attempts nor {BudgetPrefix}AXIS=COST with an axis of: "
            + $"{string.Join(", ", BudgetAxes.Names)}");
    }
}

using System.Globalization;
using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Analysis.Comparisons;

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
    public sealed record Attempts(int N) : ComparisonPoint
    {
        /// <summary>Smaller N that are tested along with it, ascending.</summary>
        public IReadOnlyList<int> Before { get; init; } = [];
    }

    /// <summary>Both at the same mean cost a prompt, whatever N that is for each.</summary>
    public sealed record Budget(BudgetAxis Axis, double Cost) : ComparisonPoint;

    /// <param name="text">
    /// A number of attempts, several that rise (4,8,20), or <c>budget:AXIS=COST</c> as in budget:device-seconds=40.
    /// </param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ComparisonPoint Parse(string text)
    {
        int[] numbers =
        [
            .. text.Split(',').Select(t =>
                int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0),
        ];
        if (numbers[0] > 0 && numbers.Zip(numbers.Skip(1)).All(n => n.First < n.Second))
        {
            return new Attempts(numbers[^1]) { Before = numbers[..^1] };
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
            $"'{text}' is neither a number of attempts, nor several that rise (4,8,20), nor {BudgetPrefix}AXIS=COST "
            + "with an axis of: "
            + $"{string.Join(", ", BudgetAxes.Names)}");
    }
}

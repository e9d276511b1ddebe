namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>The budget that reaches a share, or a ratio of two; infinite where an arm never does.</summary>
/// <param name="AtMost">It may be less: the arm reaches the share with its first attempt already.</param>
/// <param name="AtLeast">It may be more.</param>
public readonly record struct ReachedBudget(double Value, bool AtMost, bool AtLeast)
{
    /// <summary>This budget divided by another.</summary>
    internal ReachedBudget Over(ReachedBudget other) =>
        new(Value / other.Value, AtMost || other.AtLeast, AtLeast || other.AtMost);
}

/// <summary>A budget, or a ratio of two, with its 95% interval.</summary>
/// <param name="Low">Null where it lies below what was run.</param>
/// <param name="High">Null where it lies above what was run.</param>
public sealed record BudgetEstimate(ReachedBudget Reached, double? Low, double? High)
{
    public double Value => Reached.Value;
}

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>
/// What a budget is counted in. Every attempt is judged once, and the judge's part is never left out where the unit
/// has one.
/// </summary>
public enum BudgetAxis
{
    /// <summary>Images drawn and judged.</summary>
    Attempts,

    /// <summary>Forward passes of the denoiser: the judge has none, so this favours an arm that judges more.</summary>
    FunctionEvaluations,

    /// <summary>Of the accelerator: generator and judge.</summary>
    DeviceSeconds,

    /// <summary>In and out.</summary>
    JudgeTokens,

    /// <summary>Until generator, judge and detector had answered, without waiting in a queue.</summary>
    WallSeconds,

    /// <summary>By a table of prices: generator and judge.</summary>
    Money,
}

/// <summary>An attempt's costs on an axis.</summary>
public static class BudgetCosts
{
    private const double SecondsPerHour = 3600;

    /// <summary>Null where a run elsewhere did not record a part of it.</summary>
    /// <param name="prices">Needed for money alone.</param>
    public static double? On(this AttemptCosts costs, BudgetAxis axis, Prices? prices = null) => axis switch
    {
        BudgetAxis.Attempts => 1,
        BudgetAxis.FunctionEvaluations => costs.FunctionEvaluations,
        BudgetAxis.DeviceSeconds => costs.GeneratorSeconds + costs.JudgeSeconds,
        BudgetAxis.JudgeTokens => costs.JudgeTokens,
        BudgetAxis.WallSeconds => costs.WallSeconds,
        BudgetAxis.Money => prices is null
            ? throw new ArgumentNullException(nameof(prices), "A budget in money needs prices.")
            : Part(costs.GeneratorSeconds / SecondsPerHour, prices.GeneratorDeviceHour)
                + Part(costs.JudgeSeconds / SecondsPerHour, prices.JudgeDeviceHour)
                + Part(costs.JudgeTokens / 1e6, prices.MillionJudgeTokens),
        _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "Unknown axis."),
    };

    /// <summary>What is free need not have been recorded.</summary>
    private static double? Part(double? quantity, double price) => price == 0 ? 0 : quantity * price;
}

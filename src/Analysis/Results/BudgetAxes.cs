namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>The names of the axes, for users and for readers.</summary>
public static class BudgetAxes
{
    private static readonly (BudgetAxis Axis, string Name, string Unit)[] All =
    [
        (BudgetAxis.Attempts, "attempts", "images a prompt"),
        (BudgetAxis.FunctionEvaluations, "function-evaluations", "function evaluations a prompt"),
        (BudgetAxis.DeviceSeconds, "device-seconds", "device seconds a prompt"),
        (BudgetAxis.JudgeTokens, "judge-tokens", "judge tokens a prompt"),
        (BudgetAxis.WallSeconds, "wall-seconds", "seconds a prompt"),
        (BudgetAxis.Money, "money", "a prompt"),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(a => a.Name)];

    /// <summary>The axis of this name, or null.</summary>
    public static BudgetAxis? Find(string name) => All.Where(a => a.Name == name).Select(a => (BudgetAxis?)a.Axis)
        .FirstOrDefault();

    public static string Name(this BudgetAxis axis) => All.Single(a => a.Axis == axis).Name;

    /// <summary>What a number on the axis counts.</summary>
    public static string Unit(this BudgetAxis axis, Prices? prices) =>
        (axis is BudgetAxis.Money ? $"{prices?.Currency} " : "") + All.Single(a => a.Axis == axis).Unit;
}

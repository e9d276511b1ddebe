using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>What a finished chain of an arm takes on average; null is what a run elsewhere did not record.</summary>
/// <param name="Money">Null without prices too.</param>
public sealed record ChainCosts(
    ArmResults Arm,
    double? Images,
    double? FunctionEvaluations,
    double? GeneratorSeconds,
    double? JudgeSeconds,
    double? JudgeTokens,
    double? WallSeconds,
    double? Money)
{
    public static ChainCosts Of(ArmResults arm, Prices? prices)
    {
        return new(
            arm,
            Mean(_ => 1),
            Mean(c => c.FunctionEvaluations),
            Mean(c => c.GeneratorSeconds),
            Mean(c => c.JudgeSeconds),
            Mean(c => c.JudgeTokens),
            Mean(c => c.WallSeconds),
            prices is null ? null : Mean(c => c.On(BudgetAxis.Money, prices)));

        double? Mean(Func<AttemptCosts, double?> cost)
        {
            var sum = 0.0;
            foreach (var attempt in arm.Chains.SelectMany(c => c.Attempts))
            {
                if (cost(attempt.Costs) is not { } one)
                {
                    return null;
                }

                sum += one;
            }

            return arm.Chains.Count == 0 ? null : sum / arm.Chains.Count;
        }
    }
}

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>The scorer's reason as feedback, for oracle arms only.</summary>
public static class ScorerFeedback
{
    /// <summary>The first line of a reason, as the released code turns only its first failure into text.</summary>
    public static string From(string reason) => reason.Split('\n', 2)[0];
}

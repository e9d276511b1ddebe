namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>A judge's verdicts against the scorer's, in images or in shares of them. 0 of 0 is NaN.</summary>
public readonly record struct Confusion(
    double AcceptedPassed, double AcceptedFailed, double RejectedPassed, double RejectedFailed)
{
    public double Count => AcceptedPassed + AcceptedFailed + RejectedPassed + RejectedFailed;

    /// <summary>Share of the accepted images that pass.</summary>
    public double Precision => AcceptedPassed / (AcceptedPassed + AcceptedFailed);

    /// <summary>Share of those that pass that are accepted.</summary>
    public double Recall => AcceptedPassed / (AcceptedPassed + RejectedPassed);

    /// <summary>Cohen's kappa: agreement beyond chance. Undefined when both say the same of all images.</summary>
    public double Kappa
    {
        get
        {
            // (observed - chance) / (1 - chance), with both multiplied by the squared count.
            var agreement = 2 * ((AcceptedPassed * RejectedFailed) - (AcceptedFailed * RejectedPassed));
            var (accepted, rejected) = (AcceptedPassed + AcceptedFailed, RejectedPassed + RejectedFailed);
            var (passed, failed) = (AcceptedPassed + RejectedPassed, AcceptedFailed + RejectedFailed);
            return agreement / ((accepted * failed) + (rejected * passed));
        }
    }
}

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>A judge's verdicts against the scorer's, in images or in shares of them. 0 of 0 is NaN.</summary>
public readonly record struct Confusion(
    double AcceptedCorrect, double AcceptedWrong, double RejectedCorrect, double RejectedWrong)
{
    public double Count => AcceptedCorrect + AcceptedWrong + RejectedCorrect + RejectedWrong;

    /// <summary>Share of the accepted images that are correct.</summary>
    public double Precision => AcceptedCorrect / (AcceptedCorrect + AcceptedWrong);

    /// <summary>Share of the correct images that are accepted.</summary>
    public double Recall => AcceptedCorrect / (AcceptedCorrect + RejectedCorrect);

    /// <summary>Cohen's kappa: agreement beyond chance. Undefined when both say the same of all images.</summary>
    public double Kappa
    {
        get
        {
            // (observed - chance) / (1 - chance), with both multiplied by the squared count.
            var agreement = 2 * ((AcceptedCorrect * RejectedWrong) - (AcceptedWrong * RejectedCorrect));
            var (accepted, rejected) = (AcceptedCorrect + AcceptedWrong, RejectedCorrect + RejectedWrong);
            var (correct, wrong) = (AcceptedCorrect + RejectedCorrect, AcceptedWrong + RejectedWrong);
            return agreement / ((accepted * wrong) + (rejected * correct));
        }
    }
}

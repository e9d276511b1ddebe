namespace ReflectDiT.Eval.Core.Statistics;

/// <summary>A judge's verdicts against the scorer's, in images. What is undefined (0 of 0) is null.</summary>
public readonly record struct Confusion(int AcceptedCorrect, int AcceptedWrong, int RejectedCorrect, int RejectedWrong)
{
    public int Count => AcceptedCorrect + AcceptedWrong + RejectedCorrect + RejectedWrong;

    /// <summary>Share of the accepted images that are correct.</summary>
    public double? Precision => Defined(PrecisionOf(AcceptedCorrect, AcceptedWrong));

    /// <summary>Share of the correct images that are accepted.</summary>
    public double? Recall => Defined(RecallOf(AcceptedCorrect, RejectedCorrect));

    /// <summary>Cohen's kappa: agreement beyond chance. Undefined when both say the same of all images.</summary>
    public double? Kappa => Defined(KappaOf(AcceptedCorrect, AcceptedWrong, RejectedCorrect, RejectedWrong));

    internal static double PrecisionOf(double acceptedCorrect, double acceptedWrong) =>
        acceptedCorrect / (acceptedCorrect + acceptedWrong);

    internal static double RecallOf(double acceptedCorrect, double rejectedCorrect) =>
        acceptedCorrect / (acceptedCorrect + rejectedCorrect);

    internal static double KappaOf(
        double acceptedCorrect, double acceptedWrong, double rejectedCorrect, double rejectedWrong)
    {
        // (observed - chance) / (1 - chance), with both multiplied by the squared count.
        var agreement = 2 * ((acceptedCorrect * rejectedWrong) - (acceptedWrong * rejectedCorrect));
        var (accepted, rejected) = (acceptedCorrect + acceptedWrong, rejectedCorrect + rejectedWrong);
        var (correct, wrong) = (acceptedCorrect + rejectedCorrect, acceptedWrong + rejectedWrong);
        return agreement / ((accepted * wrong) + (rejected * correct));
    }

    private static double? Defined(double value) => double.IsNaN(value) ? null : value;
}

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>
/// What the released loop does that the paper does not say, one switch each. <see cref="Paper"/> has them as released
/// (eval.py lines 136 to 151 and 243 to 313, analysis.py lines 70 to 79), <see cref="Clean"/> as they should have been.
/// </summary>
public sealed record ReflectionQuirks
{
    /// <summary>
    /// With more than K failures, on: K drawn uniformly, in random order. Off: the latest K, in the order drawn
    /// (which is what the paper's Figure 1 suggests).
    /// </summary>
    public bool RandomContext { get; init; }

    /// <summary>
    /// With more than K failures of fewer than K distinct feedbacks, on: the context shrinks to one failure for each
    /// feedback. Off: it is filled up to K with the latest of the others.
    /// </summary>
    public bool ShrinkingContext { get; init; }

    /// <summary>On: a rejected image with empty feedback enters the context. Off: it says nothing and stays out.</summary>
    public bool EmptyFeedback { get; init; }

    /// <summary>When no image was accepted, on: the last is shown. Off: the one with the highest judge score.</summary>
    public bool ShowLast { get; init; }

    /// <summary>
    /// On: the context carries the scorer's words instead of the judge's, as a run resumed with the released
    /// <c>--cont</c> does. It leaks ground truth, so the arm becomes an oracle. Off in both modes: a run that was
    /// never interrupted does not do it.
    /// </summary>
    public bool ReplayLeak { get; init; }

    public static ReflectionQuirks Paper { get; } = new()
    {
        RandomContext = true,
        ShrinkingContext = true,
        EmptyFeedback = true,
        ShowLast = true,
    };

    public static ReflectionQuirks Clean { get; } = new();
}

namespace ReflectDiT.Eval.Core.Scoring;

/// <summary>What a scorer says of one image, for the record: no decision may depend on it, unless the arm is an oracle.</summary>
/// <param name="Value">How well the image shows its prompt, 0 to 1.</param>
/// <param name="Passed">Whether that is good enough; null for a scorer that only grades.</param>
/// <param name="Reason">What is wrong, one fault a line; empty for what passes and for nothing else; null where it is not known.</param>
/// <param name="Evidence">What it was made from, as JSON in a form of the scorer's; null where that is not known.</param>
public sealed record Score(double Value, bool? Passed, string? Reason, string? Evidence)
{
    public double Value { get; } = Value is >= 0 and <= 1
        ? Value
        : throw new ArgumentOutOfRangeException(nameof(Value), Value, "A score lies between 0 and 1.");

    /// <summary>1 for an image that passes, else 0, as scorers of pass or fail have it.</summary>
    public static Score OfPass(bool passed, string? reason, string? evidence) => new(passed ? 1 : 0, passed, reason, evidence);

    /// <summary>
    /// The reason as feedback, for oracle arms only: its first line, as the released code turns only its first failure into
    /// text.
    /// </summary>
    public string Feedback => Reason?.Split('\n', 2)[0] ?? "";
}

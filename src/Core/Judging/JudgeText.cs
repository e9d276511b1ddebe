namespace ReflectDiT.Eval.Core.Judging;

/// <summary>Reads the text of the fine-tuned judge as the released code does (geneval_utils.py, lines 361 to 366).</summary>
public static class JudgeText
{
    /// <summary>What accepts an image, wherever it occurs in the answer; "is incorrect" does not contain it.</summary>
    public const string Acceptance = "is correct";

    public static bool Accepts(string text, string accepts = Acceptance) => text.Contains(accepts, StringComparison.Ordinal);

    /// <summary>
    /// The reason: what follows the last full stop. With <paramref name="keepLastSentence"/> false (as released) a
    /// text that ends in a full stop gives an empty reason; with true that stop is dropped first.
    /// </summary>
    public static string Feedback(string text, bool keepLastSentence, string accepts = Acceptance)
    {
        if (Accepts(text, accepts))
        {
            return "";
        }

        var body = keepLastSentence ? text.TrimEnd().TrimEnd('.') : text;
        return body[(body.LastIndexOf('.') + 1)..].Trim();
    }
}

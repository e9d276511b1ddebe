namespace ReflectDiT.Eval.Core.Judging;

/// <summary>Reads the text of the fine-tuned judge as the released code does (geneval_utils.py, lines 361 to 366).</summary>
public static class JudgeText
{
    /// <summary>Accepted when "is correct" occurs anywhere; "is incorrect" does not contain it.</summary>
    public static bool Accepts(string text) => text.Contains("is correct", StringComparison.Ordinal);

    /// <summary>
    /// The reason: what follows the last full stop. With <paramref name="keepLastSentence"/> false (as released) a
    /// text that ends in a full stop gives an empty reason; with true that stop is dropped first.
    /// </summary>
    public static string Feedback(string text, bool keepLastSentence)
    {
        if (Accepts(text))
        {
            return "";
        }

        var body = keepLastSentence ? text.TrimEnd().TrimEnd('.') : text;
        return body[(body.LastIndexOf('.') + 1)..].Trim();
    }
}

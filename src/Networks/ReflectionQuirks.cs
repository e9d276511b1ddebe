namespace ReflectDiT.Eval.Networks;

/// <summary>What the released Reflect-DiT code does besides what its paper says: each changes the numbers.</summary>
/// <param name="ContextIgnoresMask">The Context Transformer attends to the padding of the shorter rows of its batch.</param>
/// <param name="LastKeyMasked">The cross-attention never sees the last of the longest context.</param>
/// <param name="ZeroContext">
/// A row without context attends to one of zeros, an image's tokens and four more, which the Context Transformer has seen;
/// else to the prompt alone.
/// </param>
/// <param name="RopeRounded">The inverse frequencies of the rotary positions have gone through bf16.</param>
/// <param name="FeedbackLowerCased">Feedback goes through what is done to prompts: lower case, no blanks around it.</param>
public sealed record ReflectionQuirks(
    bool ContextIgnoresMask, bool LastKeyMasked, bool ZeroContext, bool RopeRounded, bool FeedbackLowerCased)
{
    /// <summary>As the released code draws, and as its checkpoint was trained.</summary>
    public static ReflectionQuirks Paper { get; } = new(true, true, true, true, true);

    /// <summary>As it was meant.</summary>
    public static ReflectionQuirks Clean { get; } = new(false, false, false, false, false);
}

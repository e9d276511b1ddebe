namespace ReflectDiT.Eval.Networks;

/// <summary>What the released Reflect-DiT code does besides what its paper says: each changes the numbers.</summary>
/// <param name="ContextIgnoresMask">The Context Transformer attends to the padding of the shorter rows of its batch.</param>
/// <param name="LastKeyMasked">The cross-attention never sees the last of the longest context.</param>
/// <param name="ZeroContext">
/// A row without context attends to one of zeros, an image's tokens and four more, which the Context Transformer has seen;
/// else to the prompt alone.
/// </param>
/// <param name="RopeRounded">The inverse frequencies of the rotary positions have gone through bf16.</param>
/// <param name="RopeInType">Cosines and sines of the rotary positions are rounded to the network's type, as are the turns by them.</param>
/// <param name="FeedbackLowerCased">Feedback goes through what is done to prompts: lower case, no blanks around it.</param>
/// <param name="ImageInEightBits">
/// A past image is seen as the file that it was saved in, rounded to 8 bits; else as it was decoded. On in both modes: what only
/// the process knows that drew an image must not decide what another one draws.
/// </param>
public sealed record ReflectionQuirks(
    bool ContextIgnoresMask, bool LastKeyMasked, bool ZeroContext, bool RopeRounded, bool RopeInType, bool FeedbackLowerCased,
    bool ImageInEightBits)
{
    /// <summary>As the released code draws, and as its checkpoint was trained.</summary>
    public static ReflectionQuirks Paper { get; } = new(true, true, true, true, true, true, true);

    /// <summary>As it was meant.</summary>
    public static ReflectionQuirks Clean { get; } = new(false, false, false, false, false, false, true);
}

using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Core.Models;

/// <summary>Draws an image from a prompt, a seed and past images with feedback.</summary>
public interface IGenerator : IModel<DrawRequest, Drawing>;

/// <summary>Sees the prompt and one image, nothing else.</summary>
public interface IJudge : IModel<JudgeRequest, Judgement>;

/// <summary>Finds the objects in an image, for a scorer.</summary>
public interface IDetector : IModel<DetectRequest, Detected>;

/// <summary>Answers questions about images, for a scorer. It decodes greedily.</summary>
public interface IAnswerer : IModel<AnswerRequest, Answer>
{
    bool IModel<AnswerRequest, Answer>.UsesSeed => false;
}

/// <param name="Context">Past images, in the order in which the transformer sees them.</param>
public sealed record DrawRequest(string Prompt, long Seed, IReadOnlyList<ContextImage> Context)
{
    /// <summary>
    /// Of the attempts of its chain before it, in order: who can only take small seeds must not take one of theirs again.
    /// They follow from what <see cref="Seed"/> follows from, and make no other drawing.
    /// </summary>
    public IReadOnlyList<long> EarlierSeeds { get; init; } = [];
}

/// <summary>A past image (an encoded file) and what was said of it.</summary>
public sealed record ContextImage(ReadOnlyMemory<byte> Image, string Feedback);

/// <param name="Image">An encoded image file (PNG).</param>
/// <param name="FunctionEvaluations">Forward passes of the denoiser; two a step under guidance.</param>
/// <param name="DeviceSeconds">Accelerator time.</param>
public sealed record Drawing(ReadOnlyMemory<byte> Image, int FunctionEvaluations, double DeviceSeconds)
{
    /// <summary>What a server took for it; null where nobody says.</summary>
    public double? Price { get; init; }

    /// <summary>What was drawn, by a generator that writes prompts anew; null for the prompt itself.</summary>
    public string? Rewritten { get; init; }
}

/// <param name="Image">An encoded image file.</param>
public sealed record JudgeRequest(string Prompt, ReadOnlyMemory<byte> Image, long Seed);

/// <param name="Text">The judge's own words, whole.</param>
/// <param name="Tokens">Tokens in and out.</param>
/// <param name="DeviceSeconds">Accelerator time.</param>
public sealed record Judgement(Verdict Verdict, string Text, int Tokens, double DeviceSeconds)
{
    /// <summary>What the verdict's scores were made from, where it was; null for a judge that has none.</summary>
    public YesNoLogits? Logits { get; init; }

    /// <inheritdoc cref="Drawing.Price"/>
    public double? Price { get; init; }
}

/// <param name="Image">An encoded image file.</param>
public sealed record DetectRequest(ReadOnlyMemory<byte> Image);

/// <param name="Objects">Class to its detections, in the detector's own order.</param>
public sealed record Detected(IReadOnlyDictionary<string, IReadOnlyList<Detection>> Objects);

/// <param name="Question">As a scorer words it; it says itself how it wants to be answered.</param>
/// <param name="Image">An encoded image file.</param>
public sealed record AnswerRequest(string Question, ReadOnlyMemory<byte> Image);

/// <param name="Text">One word or a short text, as the model wrote it without white space around it; not empty.</param>
/// <param name="Probability">Of the whole text; null where the model does not say it.</param>
/// <param name="Tokens">Tokens in and out.</param>
/// <param name="DeviceSeconds">Accelerator time.</param>
public sealed record Answer(string Text, double? Probability, int Tokens, double DeviceSeconds)
{
    /// <inheritdoc cref="Drawing.Price"/>
    public double? Price { get; init; }
}

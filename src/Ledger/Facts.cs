using System.Text.Json;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Ledger;

/// <summary>
/// What was drawn, judged or scored, found by what it was made from, and shared by every arm and sweep that asks for the
/// same. It enters the ledger with the first attempt that refers to it.
/// </summary>
public abstract class Fact
{
    private volatile bool _isStored;

    /// <summary>Whether the ledger has it, as far as this process knows.</summary>
    public bool IsStored => _isStored;

    internal void Stored() => _isStored = true;

    /// <summary>A model in the name of a fact: what it is and its weights, whether the sweep pins them or not.</summary>
    private protected static string Named(ModelConfiguration model, string digest) => $"{(model with { Digest = null }).Identity}\n{digest}";

    /// <summary>Parts of a name that cannot be taken for others.</summary>
    private protected static Guid IdOf(params string[] parts) => Identity.Of(JsonSerializer.Serialize(parts));
}

/// <summary>An image that a generator drew.</summary>
/// <param name="image">SHA-256 of the file.</param>
/// <param name="seconds">Of its batch, divided by the drawings of the batch.</param>
/// <param name="deviceSeconds">Accelerator time.</param>
/// <param name="content">The file; null where it is an artifact already.</param>
public sealed class DrawingFact(
    Guid id, long seed, byte[] image, double seconds, double deviceSeconds, int functionEvaluations, ReadOnlyMemory<byte>? content = null) : Fact
{
    public Guid Id => id;

    public long Seed => seed;

    public byte[] Image => image;

    public double Seconds => seconds;

    public double DeviceSeconds => deviceSeconds;

    public int FunctionEvaluations => functionEvaluations;

    public ReadOnlyMemory<byte>? Content => content;

    /// <inheritdoc cref="Core.Models.Drawing.Price"/>
    public double? Price { get; init; }

    /// <inheritdoc cref="Core.Models.Drawing.Rewritten"/>
    public string? Rewritten { get; init; }

    /// <param name="digest">Of the generator's weights.</param>
    /// <param name="context">Images, by name, and what was said of each, in order.</param>
    public static Guid IdOf(
        ModelConfiguration generator, string digest, string prompt, long seed, IEnumerable<(byte[] Image, string Feedback)> context) => IdOf(
        ["drawing", Named(generator, digest), prompt, $"{seed}", .. context.SelectMany(c => new[] { Convert.ToHexStringLower(c.Image), c.Feedback })]);
}

/// <summary>What a judge said of an image.</summary>
public sealed class JudgementFact(Guid id, Verdict verdict, string text, double seconds, double deviceSeconds, int tokens) : Fact
{
    public Guid Id => id;

    public Verdict Verdict => verdict;

    public string Text => text;

    public double Seconds => seconds;

    public double DeviceSeconds => deviceSeconds;

    public int Tokens => tokens;

    /// <summary>Null for a judge that has none.</summary>
    public YesNoLogits? Logits { get; init; }

    /// <inheritdoc cref="Core.Models.Drawing.Price"/>
    public double? Price { get; init; }

    /// <param name="digest">Of the judge's weights.</param>
    /// <param name="seed">Null for a judge that uses none.</param>
    public static Guid IdOf(ModelConfiguration judge, string digest, string prompt, byte[] image, long? seed) =>
        IdOf("judgement", Named(judge, digest), prompt, Convert.ToHexStringLower(image), $"{seed}");
}

/// <summary>What a scorer says of a drawing.</summary>
public sealed class ScoreFact(Guid drawing, Guid scorer, Score score) : Fact
{
    public Guid Drawing => drawing;

    public Guid Scorer => scorer;

    public Score Score => score;
}

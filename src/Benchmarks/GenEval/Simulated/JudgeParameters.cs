using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>A file <c>benchmarks/geneval/simulated/*.json</c> about a judge.</summary>
/// <param name="Model">Whose published numbers are imitated.</param>
/// <param name="Tokens">In and out, of one judgement.</param>
/// <param name="DeviceSeconds">Of one judgement.</param>
/// <param name="WrongAcceptance">Share of the images with a fault that are accepted, by their first fault.</param>
/// <param name="WrongRejection">Share of the correct images that are rejected.</param>
public sealed record JudgeParameters(
    string Model,
    string Source,
    [property: Range(1, 1_000_000)] int Tokens,
    [property: Range(0.0, 100_000.0)] double DeviceSeconds,
    [property: Range(0.0, 1.0)] ImmutableSortedDictionary<FaultKind, double> WrongAcceptance,
    [property: Range(0.0, 1.0)] double WrongRejection)
{
    /// <summary>What the file must say of itself: its numbers come from no real model.</summary>
    [JsonRequired, JsonPropertyOrder(-1), AllowedValues(true)]
    public bool Simulated { get; init; } = true;
}

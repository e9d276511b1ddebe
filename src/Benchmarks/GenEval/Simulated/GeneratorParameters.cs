using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>What a simulated generator can get right or wrong in a prompt.</summary>
public enum Aspect
{
    /// <summary>The one object is there.</summary>
    OneObject,

    /// <summary>Both objects are there.</summary>
    TwoObjects,

    /// <summary>There are as many as asked.</summary>
    Count,

    /// <summary>The one object's colour.</summary>
    OneColour,

    /// <summary>The colours of both objects.</summary>
    TwoColours,

    /// <summary>Where one object is, seen from the other.</summary>
    Relation,
}

/// <summary>
/// An aspect comes out right with the <see cref="Link.Probability"/> of Level + Spread x the prompt's ease, + Boost
/// when feedback in the context names its fault.
/// </summary>
public sealed record AspectParameters(
    [property: Range(-100.0, 100.0)] double Level,
    [property: Range(0.0, 100.0)] double Spread,
    [property: Range(0.0, 100.0)] double Boost);

/// <summary>A file <c>benchmarks/geneval/simulated/*.json</c> about a generator.</summary>
/// <param name="Model">Whose published numbers are imitated.</param>
/// <param name="FunctionEvaluations">Of one image.</param>
/// <param name="DeviceSeconds">Of one image.</param>
public sealed record GeneratorParameters(
    string Model,
    string Source,
    [property: Range(1, 1_000_000)] int FunctionEvaluations,
    [property: Range(0.0, 100_000.0)] double DeviceSeconds,
    ImmutableSortedDictionary<Aspect, AspectParameters> Aspects)
{
    /// <summary>What the file must say of itself: its numbers come from no real model.</summary>
    [JsonRequired, JsonPropertyOrder(-1), AllowedValues(true)]
    public bool Simulated { get; init; } = true;
}

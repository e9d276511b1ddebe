using System.Text.Json;
using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.Models.Simulated;

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
public sealed record AspectParameters(double Level, double Spread, double Boost);

/// <summary>A file <c>benchmarks/geneval/simulated/*.json</c> about a generator.</summary>
/// <param name="Model">Whose published numbers are imitated.</param>
/// <param name="FunctionEvaluations">Of one image.</param>
/// <param name="DeviceSeconds">Of one image.</param>
public sealed record GeneratorParameters(
    string Model,
    string Source,
    int FunctionEvaluations,
    double DeviceSeconds,
    IReadOnlyDictionary<Aspect, AspectParameters> Aspects)
{
    /// <param name="file">For messages.</param>
    /// <exception cref="FormatException">Names the file, the key and what was expected.</exception>
    public static GeneratorParameters Parse(string json, string file)
    {
        var root = ParameterFile.Parse(
            json, file, "model", "source", "function_evaluations", "device_seconds", "aspects");
        var aspects = Enum.GetValues<Aspect>();
        var given = root["aspects"].Only([.. aspects.Select(Key)]);
        return new GeneratorParameters(
            root["model"].String(),
            root["source"].String(),
            root["function_evaluations"].Count(),
            root["device_seconds"].NumberBetween(0, 100_000),
            aspects.ToDictionary(aspect => aspect, aspect => ParseAspect(given[Key(aspect)])));
    }

    /// <summary>The name of an aspect in the file.</summary>
    public static string Key(Aspect aspect) => JsonNamingPolicy.SnakeCaseLower.ConvertName(aspect.ToString());

    private static AspectParameters ParseAspect(JsonNode aspect)
    {
        aspect.Only("level", "spread", "boost");
        return new(
            aspect["level"].NumberBetween(-100, 100),
            aspect["spread"].NumberBetween(0, 100),
            aspect["boost"].NumberBetween(0, 100));
    }
}

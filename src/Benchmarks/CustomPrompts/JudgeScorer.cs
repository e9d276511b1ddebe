using System.Text.Json;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.CustomPrompts;

/// <summary>A judge as scorer: the value is its confidence in acceptance, and an image passes that it accepts.</summary>
internal sealed class JudgeScorer(ModelConfiguration judge) : IJudgeScorer
{
    public ModelConfiguration Model => judge;

    public string? Options => "{}";

    public Score Score(int prompt, Verdict said) => new(
        said.Score ?? (said.Accepted ? 1 : 0),
        said.Accepted,
        said.Accepted ? "" : said.Feedback is { Length: > 0 } words ? words : null,
        JsonSerializer.Serialize(said, Form));

    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}

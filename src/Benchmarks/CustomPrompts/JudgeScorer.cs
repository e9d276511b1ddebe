using System.Text.Json;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.CustomPrompts;

/// <summary>A judge as scorer: the value is its confidence in acceptance, and an image passes that it accepts.</summary>
/// <param name="checklists">What the judge is to check besides, by prompt; null for nothing.</param>
internal sealed class JudgeScorer(ModelConfiguration judge, IReadOnlyList<string>? checklists = null) : IJudgeScorer
{
    public ModelConfiguration Model => judge;

    public string? Options => checklists is null ? "{}" : """{"checklist":true}""";

    public string Asked(int prompt, string text) => checklists is null ? text : checklists[prompt];

    public Score Score(int prompt, Verdict said) => new(
        said.Score ?? (said.Accepted ? 1 : 0),
        said.Accepted,
        said.Accepted ? "" : said.Feedback is { Length: > 0 } words ? words : null,
        JsonSerializer.Serialize(said, Form));

    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}

using System.Text.Json;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>GenEval's rules as a scorer. Its evidence is what was found and what of that the rules looked at.</summary>
/// <param name="world">Of the benchmark whose prompts they are.</param>
/// <param name="options">Null where images were scored elsewhere, with options that are not known.</param>
internal sealed class GenEvalScorer(
    ObjectWorld world, ModelConfiguration detector, JsonElement? options, IReadOnlyList<PromptMetadata> prompts)
    : IDetectorScorer
{
    private readonly ScoringOptions _options = options is { } known ? ScoringOptions.FromJson(known) : world.Options;

    public ModelConfiguration Model => detector;

    public string? Options => options?.GetRawText();

    public Score Score(int prompt, IReadOnlyDictionary<string, IReadOnlyList<Detection>> found)
    {
        var result = GenEvalRules.Score(prompts[prompt], found, _options);
        var evidence = GenEvalEvidence.Write(
            world.Classes.All.Where(found.ContainsKey).Select(name => (name, found[name])), result.Kept);
        return Core.Scoring.Score.OfPass(result.Correct, result.Reason, evidence);
    }

    public IReadOnlyList<SeenBox> Boxes(string evidence) => GenEvalEvidence.Boxes(evidence);
}

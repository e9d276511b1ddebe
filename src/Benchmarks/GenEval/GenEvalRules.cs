using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>
/// The rules of GenEval's scorer: detections and colour labels in; verdict, reason and kept detections out. Equal to
/// the published script in each, with float32 arithmetic where that has it. Where the published script prints two
/// relations in no fixed order, the horizontal one comes first here.
/// </summary>
public static class GenEvalRules
{
    /// <param name="prompt">What the image must and must not show.</param>
    /// <param name="detections">
    /// Class to what the detector found of it, in the detector's order. An object without a colour
    /// label fits no colour clause.
    /// </param>
    /// <param name="options">Thresholds.</param>
    /// <exception cref="InvalidDataException">
    /// A colour that GenEval does not know, on an object that a clause looks at; the message names prompt and clause.
    /// </exception>
    public static RulesResult Score(
        PromptMetadata prompt,
        IReadOnlyDictionary<string, IReadOnlyList<Detection>> detections,
        ScoringOptions options)
    {
        var kept = DetectionFilter.Keep(prompt, detections, options);
        var reason = new ClauseEvaluation(prompt, detections, kept, (float)options.PositionThreshold).Run();
        return new RulesResult(reason.Length == 0, reason, kept);
    }
}

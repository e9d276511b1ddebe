using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Models;

namespace ReflectDiT.Eval.Runner;

/// <summary>A scorer with the model that it looks through.</summary>
/// <param name="Role">What the model is called where its failures are told.</param>
/// <param name="ScoreAsync">Of a prompt (its place and its text), an image, and a seed for a model that samples.</param>
public sealed record ImageScoring(
    string Role, Func<(int Index, string Text), ReadOnlyMemory<byte>, long, ModelCall, Task<Score>> ScoreAsync)
{
    public static ImageScoring Of(IScorer scorer, ModelCatalog models) => scorer switch
    {
        IDetectorScorer byDetector => With(byDetector, models.Detector),
        IJudgeScorer byJudge => With(byJudge, models.Judge(scorer.Model, "judge of the scorer")),
        _ => throw new NotSupportedException($"No model serves the scorer {scorer.GetType().Name}."),
    };

    public static ImageScoring With(IDetectorScorer scorer, IDetector detector) => new("detector", async (prompt, image, _, call) =>
        scorer.Score(prompt.Index, await detector.DetectAsync(image, call)));

    public static ImageScoring With(IJudgeScorer scorer, IJudge judge) => new("scorer's judge", async (prompt, image, seed, call) =>
        scorer.Score(prompt.Index, (await judge.JudgeAsync(new(prompt.Text, image, seed), call)).Verdict));
}

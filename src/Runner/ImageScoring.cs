using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>A scorer with the model that it looks through.</summary>
/// <param name="Role">What the model is called where its failures are told.</param>
/// <param name="AskAsync">Of a prompt (its place and its text), an image, and a seed for a model that samples.</param>
public sealed record ImageScoring(
    string Role,
    SweepModel Model,
    Func<(int Index, string Text), ReadOnlyMemory<byte>, long, TimeSpan, CancellationToken, Task<Served<Score>>> AskAsync)
{
    public static ImageScoring Of(IScorer scorer, SweepModels models) => scorer switch
    {
        IDetectorScorer byDetector => With(byDetector, models.Detector(scorer.Model)),
        IJudgeScorer byJudge => With(byJudge, models.Judge(scorer.Model)),
        _ => throw new NotSupportedException($"No model serves the scorer {scorer.GetType().Name}."),
    };

    private static ImageScoring With(IDetectorScorer scorer, SweepModel<DetectRequest, Detected> detector) => new(
        "detector", detector, async (prompt, image, _, timeout, withdrawn) =>
        {
            var (found, took) = await detector.AskAsync(new(image), timeout, withdrawn);
            return new(scorer.Score(prompt.Index, found.Objects), took);
        });

    private static ImageScoring With(IJudgeScorer scorer, SweepModel<JudgeRequest, Judgement> judge) => new(
        "scorer's judge", judge, async (prompt, image, seed, timeout, withdrawn) =>
        {
            var (said, took) = await judge.AskAsync(new(prompt.Text, image, seed), timeout, withdrawn);
            return new(scorer.Score(prompt.Index, said.Verdict), took);
        });
}

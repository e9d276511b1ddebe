using System.Collections.Concurrent;
using System.Security.Cryptography;
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
        IAnswerScorer byAnswerer => With(byAnswerer, models.Answerer(scorer.Model)),
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
            var (said, took) = await judge.AskAsync(new(scorer.Asked(prompt.Index, prompt.Text), image, seed), timeout, withdrawn);
            return new(scorer.Score(prompt.Index, said.Verdict), took);
        });

    private static ImageScoring With(IAnswerScorer scorer, SweepModel<AnswerRequest, Answer> answerer)
    {
        // What was answered before a question failed: the next try asks the others alone.
        var begun = new ConcurrentDictionary<(int Prompt, string Image), Served<Answer>?[]>();
        return new("answerer", answerer, async (prompt, image, seed, timeout, withdrawn) =>
        {
            var questions = scorer.Questions(prompt.Index);
            var key = (prompt.Index, Convert.ToHexStringLower(SHA256.HashData(image.Span)));
            var answers = begun.GetOrAdd(key, _ => new Served<Answer>?[questions.Count]);
            var picture = scorer.Picture(image);
            await Task.WhenAll(questions.Select(async (question, i) =>
                answers[i] ??= await answerer.AskAsync(new(question, picture), timeout, withdrawn)));
            begun.TryRemove(key, out _);
            return new(
                scorer.Score(prompt.Index, [.. answers.Select(a => a!.Value.Answer.Text)]),
                answers.Aggregate(TimeSpan.Zero, (sum, a) => sum + a!.Value.Took));
        });
    }
}

using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>A scorer with the model that it looks through.</summary>
/// <param name="Role">What the model is called where its failures are told.</param>
/// <param name="AskAsync">
/// Of a prompt (its place and its text), an image, a seed for a model that samples, and where answers to single questions are
/// kept: a try that follows one that failed asks the others alone, in whatever process.
/// </param>
public sealed record ImageScoring(
    string Role,
    SweepModel Model,
    Func<(int Index, string Text), ReadOnlyMemory<byte>, long, AnswerStore, TimeSpan, CancellationToken, Task<Served<Score>>> AskAsync)
{
    public static ImageScoring Of(IScorer scorer, SweepModels models) => scorer switch
    {
        IDetectorScorer byDetector => With(byDetector, models.Detector(scorer.Model)),
        IJudgeScorer byJudge => With(byJudge, models.Judge(scorer.Model)),
        IAnswerScorer byAnswerer => With(byAnswerer, models.Answerer(scorer.Model)),
        _ => throw new NotSupportedException($"No model serves the scorer {scorer.GetType().Name}."),
    };

    private static ImageScoring With(IDetectorScorer scorer, SweepModel<DetectRequest, Detected> detector) => new(
        "detector", detector, async (prompt, image, _, _, timeout, withdrawn) =>
        {
            var (found, took) = await detector.AskAsync(new(image), timeout, withdrawn);
            return new(scorer.Score(prompt.Index, found.Objects), took);
        });

    private static ImageScoring With(IJudgeScorer scorer, SweepModel<JudgeRequest, Judgement> judge) => new(
        "scorer's judge", judge, async (prompt, image, seed, _, timeout, withdrawn) =>
        {
            var (said, took) = await judge.AskAsync(new(scorer.Asked(prompt.Index, prompt.Text), image, seed), timeout, withdrawn);
            return new(scorer.Score(prompt.Index, said.Verdict), took);
        });

    private static ImageScoring With(IAnswerScorer scorer, SweepModel<AnswerRequest, Answer> answerer) => new(
        "answerer", answerer, async (prompt, image, _, kept, timeout, withdrawn) =>
        {
            var picture = scorer.Picture(image);
            var (looked, name) = (ArtifactStore.NameOf(picture), ArtifactStore.NameOf(image));
            var questions = scorer.Questions(prompt.Index)
                .Select(text => (Text: text, Id: AnswerStore.IdOf(answerer.Named.Model, answerer.Hosted.Digest!, text, looked))).ToList();
            var known = await kept.FindAsync([.. questions.Select(question => question.Id)], withdrawn);
            var answers = await Task.WhenAll(questions.Select(async question =>
            {
                if (known.TryGetValue(question.Id, out var before))
                    return before;
                var (answer, took) = await answerer.AskAsync(new(question.Text, picture), timeout, withdrawn);
                return await kept.KeepAsync(question.Id, name, answer, took, withdrawn);
            }));
            return new(
                scorer.Score(prompt.Index, [.. answers.Select(a => a.Answer.Text)]), answers.Aggregate(TimeSpan.Zero, (sum, a) => sum + a.Took));
        });
}

using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Runner;

/// <summary>
/// Makes attempts: draws and judges, as far as nobody has done the same before; scores, where the strategy decides by it.
/// What it makes is not written yet.
/// </summary>
internal sealed class AttemptMaker(SweepSetup sweep, SharedFacts facts, ArtifactStore artifacts, AnswerStore answers, ILogger log)
{
    private readonly ModelCalls _calls = new(sweep.Calls);

    /// <param name="proposal">What its step asks for at this place.</param>
    /// <param name="digest">Of the generator's weights.</param>
    /// <returns>Null where it is not drawn, and this worker does not draw.</returns>
    public async Task<DrawingFact?> DrawAsync(ChainRun run, AttemptPlace at, Proposal proposal, string digest, bool draws, CancellationToken abort)
    {
        var (generator, seeds) = (run.Arm.Generator, run.Seeds);
        var drawn = proposal.Prompt ?? run.Prompt;
        var id = DrawingFact.IdOf(
            generator.Named.Model, digest, drawn, seeds.Noise(at.Index), proposal.Context.Select(c => (run.ImageOf(c.Attempt), c.Feedback)));
        return draws ? await facts.DrawingAsync(id, MakeAsync) : await facts.DrawingAsync(id);

        async Task<DrawingFact> MakeAsync()
        {
            var request = new DrawRequest(drawn, seeds.Noise(at.Index), await ContextAsync())
            {
                EarlierSeeds = [.. Enumerable.Range(0, at.Index).Select(seeds.Noise)],
            };
            var (answer, took) = await CallAsync(
                run, at, Stage.Draw, "generator", generator, (time, token) => generator.AskAsync(request, time, token), abort);
            WorkerMetrics.Drew();
            return new(
                id, request.Seed, ArtifactStore.NameOf(answer.Image), took.TotalSeconds, answer.DeviceSeconds, answer.FunctionEvaluations, answer.Image)
            {
                Price = answer.Price,
                Rewritten = answer.Rewritten,
            };
        }

        async Task<ContextImage[]> ContextAsync()
        {
            var items = new ContextImage[proposal.Context.Count];
            for (var i = 0; i < items.Length; i++)
            {
                var (parent, _, feedback) = proposal.Context[i];
                items[i] = new(await run.ContentOfAsync(parent, artifacts, abort), feedback);
            }

            return items;
        }
    }

    public async Task<NewAttempt> JudgeAsync(ChainRun run, AttemptPlace at, Proposal proposal, DrawingFact drawing, CancellationToken abort)
    {
        var (judge, seeds) = (run.Arm.Judge, run.Seeds);
        var content = drawing.Content;
        var id = JudgementFact.IdOf(
            judge.Named.Model, judge.Hosted.Digest!, run.Prompt, drawing.Image, judge.Hosted.UsesSeed ? seeds.Judge(at.Index) : null);
        var judgement = await facts.JudgementAsync(id, isNew: !drawing.IsStored, MakeAsync);
        var score = !run.Arm.Strategy.IsOracle ? null : await facts.ScoreAsync(
            drawing.Id, sweep.Plan.Scorer!.Id, isNew: !drawing.IsStored, ScoreAsync);
        return new NewAttempt(run.Chain.Id, run.Chain.Epoch, at, proposal, drawing, judgement, score, Ends: null);

        async Task<JudgementFact> MakeAsync()
        {
            var request = new JudgeRequest(run.Prompt, await ContentAsync(), seeds.Judge(at.Index));
            var (said, took) = await CallAsync(
                run, at, Stage.Judge, "judge", judge, (time, token) => judge.AskAsync(request, time, token), abort);
            WorkerMetrics.Judged(said.Tokens);
            return new(id, said.Verdict, said.Text, took.TotalSeconds, said.DeviceSeconds, said.Tokens) { Logits = said.Logits, Price = said.Price };
        }

        async Task<ScoreFact> ScoreAsync()
        {
            var (by, image) = (sweep.Scorings[sweep.Plan.Scorer!.Id], await ContentAsync());
            var (scored, _) = await CallAsync(run, at, Stage.Score, by.Role, by.Model, (time, token) =>
                by.AskAsync((run.Chain.Prompt, run.Prompt), image, seeds.Scorer(at.Index), answers, time, token), abort);
            return new(drawing.Id, sweep.Plan.Scorer!.Id, scored);
        }

        async Task<ReadOnlyMemory<byte>> ContentAsync() => content ??= await artifacts.ReadAsync(drawing.Image, abort);
    }

    private Task<Served<T>> CallAsync<T>(
        ChainRun run, AttemptPlace at, Stage stage, string role, SweepModel model, Func<TimeSpan, CancellationToken, Task<Served<T>>> ask, CancellationToken abort)
    {
        return WorkerMetrics.MeasureAsync(stage, at.Index, () => _calls.CallAsync(
            $"{role}, attempt {at.Index} of \"{run.Prompt}\"", model.Named.Placement.Timeout, ask, Retried, abort));

        void Retried(Exception failure)
        {
            WorkerMetrics.Retried(stage);
            log.CallRetried(run.Chain.Id, WorkerMetrics.NameOf(stage), at.Index, failure.Message);
        }
    }
}

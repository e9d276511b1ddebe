using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Runner;

/// <summary>Makes attempts: draws and judges, as far as nobody has done the same before; scores, where the strategy decides by it. What it makes is not written yet.</summary>
internal sealed class AttemptMaker(SweepSetup sweep, SharedFacts facts, ArtifactStore artifacts, ILogger log)
{
    private readonly ModelCalls _calls = new(sweep.Calls);

    /// <param name="proposal">What its step asks for at this place.</param>
    public async Task<NewAttempt> MakeAsync(ChainRun run, AttemptPlace at, Proposal proposal, CancellationToken abort)
    {
        var (generator, judge, seeds) = (run.Arm.Generator, run.Arm.Judge, run.Seeds);
        var drawn = proposal.Prompt ?? run.Prompt;
        var drawing = await facts.DrawingAsync(
            DrawingFact.IdOf(
                generator.Named.Model,
                generator.Hosted.Digest!,
                drawn,
                seeds.Noise(at.Index),
                proposal.Context.Select(c => (run.ImageOf(c.Attempt), c.Feedback))),
            DrawAsync);
        var content = drawing.Content;
        var judgement = await facts.JudgementAsync(
            JudgementFact.IdOf(
                judge.Named.Model,
                judge.Hosted.Digest!,
                run.Prompt,
                drawing.Image,
                judge.Hosted.UsesSeed ? seeds.Judge(at.Index) : null),
            isNew: !drawing.IsStored,
            JudgeAsync);
        var score = !run.Arm.Strategy.IsOracle ? null : await facts.ScoreAsync(
            drawing.Id, sweep.Plan.Scorer!.Id, isNew: !drawing.IsStored, ScoreAsync);
        return new NewAttempt(run.Chain.Id, run.Chain.Epoch, at, proposal, drawing, judgement, score, Ends: null);

        async Task<DrawingFact> DrawAsync(Guid id)
        {
            var request = new DrawRequest(drawn, seeds.Noise(at.Index), await ContextAsync());
            var (answer, took) = await Call(Stage.Draw, "generator", generator, (time, token) => generator.AskAsync(request, time, token));
            WorkerMetrics.Drew();
            return new(
                id, request.Seed, ArtifactStore.NameOf(answer.Image), took.TotalSeconds, answer.DeviceSeconds, answer.FunctionEvaluations, answer.Image);
        }

        async Task<JudgementFact> JudgeAsync(Guid id)
        {
            var request = new JudgeRequest(run.Prompt, await ContentAsync(), seeds.Judge(at.Index));
            var (said, took) = await Call(Stage.Judge, "judge", judge, (time, token) => judge.AskAsync(request, time, token));
            WorkerMetrics.Judged(said.Tokens);
            return new(id, said.Verdict, said.Text, took.TotalSeconds, said.DeviceSeconds, said.Tokens);
        }

        async Task<ScoreFact> ScoreAsync()
        {
            var (by, image) = (sweep.Scorings[sweep.Plan.Scorer!.Id], await ContentAsync());
            var (scored, _) = await Call(Stage.Score, by.Role, by.Model, (time, token) =>
                by.AskAsync((run.Chain.Prompt, run.Prompt), image, seeds.Scorer(at.Index), time, token));
            return new(drawing.Id, sweep.Plan.Scorer!.Id, scored);
        }

        async Task<ReadOnlyMemory<byte>> ContentAsync() => content ??= await artifacts.ReadAsync(drawing.Image, abort);

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

        Task<Served<T>> Call<T>(Stage stage, string role, SweepModel model, Func<TimeSpan, CancellationToken, Task<Served<T>>> ask) =>
            WorkerMetrics.MeasureAsync(stage, at.Index, () => _calls.CallAsync(
                $"{role}, attempt {at.Index} of \"{run.Prompt}\"", model.Named.Placement.Timeout, ask, failure => Retried(stage, failure), abort));

        void Retried(Stage stage, Exception failure)
        {
            WorkerMetrics.Retried(stage);
            log.CallRetried(run.Chain.Id, WorkerMetrics.NameOf(stage), at.Index, failure.Message);
        }
    }
}

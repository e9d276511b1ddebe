using Microsoft.Extensions.Logging;
using Npgsql;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Runner;

/// <summary>
/// Runs one chain from wherever it stands to its end. Each attempt is durable before the next begins, so a chain that
/// is killed goes on with the same attempts that it would have drawn.
/// </summary>
internal sealed class ChainRunner(
    SweepSetup sweep, SharedFacts facts, AttemptWriter writer, ArtifactStore artifacts, RunProgress progress, ILogger log)
{
    private readonly ModelCalls _calls = new(sweep.Calls);

    /// <returns>False when the chain was stopped before its end.</returns>
    /// <param name="stop">Ends the chain early, between two attempts.</param>
    /// <param name="abort">Ends it at once.</param>
    public async Task<bool> RunAsync(OpenChain chain, CancellationToken stop, CancellationToken abort)
    {
        var prompt = sweep.Plan.Prompts[chain.Prompt];
        var arm = sweep.Arms[chain.Arm];
        var seeds = new Seeds(sweep.Plan.Seed, prompt.Text, chain.Replicate);
        var history = chain.History.Select(a => Past(arm.Strategy, a)).ToList();
        var images = chain.History.Select(a => new PastImage(a.Image)).ToList();
        try
        {
            var step = arm.Strategy.Next(history, seeds);
            if (step is Step.Stop ended)
            {
                await writer.EndAsync(chain.Id, chain.Epoch, ended.Shown);
                WorkerMetrics.ChainEnded(failed: false);
            }

            while (step is Step.Draw draw)
            {
                if (stop.IsCancellationRequested || abort.IsCancellationRequested)
                {
                    return false;
                }

                NewAttempt attempt;
                PastAttempt past;
                do
                {
                    attempt = await AttemptAsync(chain, prompt, arm, seeds, history.Count, draw.Context, images, abort);
                    past = Past(arm.Strategy, new(attempt.Drawing.Image, attempt.Judgement.Verdict, attempt.Score?.Score));
                    step = arm.Strategy.Next([.. history, past], seeds);
                }
                while (!await WriteAsync(attempt with { Ends = (step as Step.Stop)?.Shown }));

                history.Add(past);
                images.Add(new PastImage(attempt.Drawing.Image)
                {
                    Content = arm.Strategy.DrawsIndependently ? null : attempt.Drawing.Content,
                });
            }
        }
        catch (Exception e) when (IsOfThisChain(e))
        {
            await writer.FailAsync(chain.Id, chain.Epoch, Reason(e));
            WorkerMetrics.ChainEnded(failed: true);
            log.ChainFailed(
                chain.Id, chain.Sweep, sweep.Plan.Arms[chain.Arm].Name, chain.Prompt, chain.Replicate, Reason(e));
        }

        return true;
    }

    /// <summary>
    /// False for what would meet any other chain too (the database is away, the disk is full), or says that this one is
    /// not ours any more. All else is this chain's alone, and no reason to end a worker.
    /// </summary>
    private static bool IsOfThisChain(Exception error) =>
        error is not (OperationCanceledException or IOException or UnauthorizedAccessException or ModelUnavailableException
            or PostgresException { SqlState: AttemptWriter.StaleEpoch })
        && !LedgerSession.IsOutage(error);

    private static string Reason(Exception error) => error switch
    {
        ModelCallException or LedgerException => error.Message,
        PostgresException e => $"the database does not take this attempt: {e.MessageText} ({e.SqlState})",
        _ => $"fault of the program: {error.GetType().Name}: {error.Message}",
    };

    /// <returns>False where the ledger has another result of the same work: the attempt is to be made again, with that one.</returns>
    private async Task<bool> WriteAsync(NewAttempt attempt)
    {
        try
        {
            await progress.AttemptedAsync(() => WorkerMetrics.MeasureAsync(
                Stage.Write, attempt.Index, () => writer.AppendAsync(attempt)));
        }
        catch (PostgresException e) when (e.SqlState == AttemptWriter.OtherFact && !attempt.IsOfTheLedger)
        {
            log.FactAdopted(attempt.Chain, attempt.Index);
            return false;
        }
        finally
        {
            facts.Forget(attempt);
        }

        if (attempt.Ends is not null)
        {
            WorkerMetrics.ChainEnded(failed: false);
        }

        return true;
    }

    private async Task<NewAttempt> AttemptAsync(
        OpenChain chain,
        BenchmarkPrompt prompt,
        ArmModels arm,
        Seeds seeds,
        int index,
        IReadOnlyList<ContextItem> context,
        List<PastImage> images,
        CancellationToken abort)
    {
        var (generator, judge) = (arm.Generator, arm.Judge);
        var drawing = await facts.DrawingAsync(
            DrawingFact.IdOf(
                generator.Named.Model,
                generator.Hosted.Digest!,
                prompt.Text,
                seeds.Noise(index),
                context.Select(c => (images[c.Attempt].Name, c.Feedback))),
            DrawAsync);
        var content = drawing.Content;
        var judgement = await facts.JudgementAsync(
            JudgementFact.IdOf(
                judge.Named.Model, judge.Hosted.Digest!, prompt.Text, drawing.Image, judge.Hosted.UsesSeed ? seeds.Judge(index) : null),
            isNew: !drawing.IsStored,
            JudgeAsync);
        var score = sweep.Scoring is not { } scoring ? null : await facts.ScoreAsync(
            drawing.Id, sweep.Plan.Scorer!.Id, isNew: !drawing.IsStored, () => ScoreAsync(scoring));
        return new NewAttempt(chain.Id, chain.Epoch, index, drawing, context, judgement, score, Ends: null);

        async Task<DrawingFact> DrawAsync(Guid id)
        {
            var request = new DrawRequest(prompt.Text, seeds.Noise(index), await ContextAsync(context, images, abort));
            var (drawn, took) = await Call(Stage.Draw, "generator", generator, (time, token) => generator.AskAsync(request, time, token));
            WorkerMetrics.Drew();
            return new(
                id, request.Seed, ArtifactStore.NameOf(drawn.Image), took.TotalSeconds, drawn.DeviceSeconds, drawn.FunctionEvaluations, drawn.Image);
        }

        async Task<JudgementFact> JudgeAsync(Guid id)
        {
            var request = new JudgeRequest(prompt.Text, await ContentAsync(), seeds.Judge(index));
            var (said, took) = await Call(Stage.Judge, "judge", judge, (time, token) => judge.AskAsync(request, time, token));
            WorkerMetrics.Judged(said.Tokens);
            return new(id, said.Verdict, said.Text, took.TotalSeconds, said.DeviceSeconds, said.Tokens);
        }

        async Task<ScoreFact> ScoreAsync(ImageScoring by)
        {
            var image = await ContentAsync();
            var (scored, _) = await Call(Stage.Score, by.Role, by.Model, (time, token) =>
                by.AskAsync((chain.Prompt, prompt.Text), image, seeds.Scorer(index), time, token));
            return new(drawing.Id, sweep.Plan.Scorer!.Id, scored);
        }

        async Task<ReadOnlyMemory<byte>> ContentAsync() => content ??= await artifacts.ReadAsync(drawing.Image, abort);

        Task<Served<T>> Call<T>(Stage stage, string role, SweepModel model, Func<TimeSpan, CancellationToken, Task<Served<T>>> ask) =>
            WorkerMetrics.MeasureAsync(stage, index, () => _calls.CallAsync(
                $"{role}, attempt {index} of \"{prompt.Text}\"", model.Named.Placement.Timeout, ask, failure => Retried(stage, failure), abort));

        void Retried(Stage stage, Exception failure)
        {
            WorkerMetrics.Retried(stage);
            log.CallRetried(chain.Id, WorkerMetrics.NameOf(stage), index, failure.Message);
        }
    }

    private async Task<IReadOnlyList<ContextImage>> ContextAsync(
        IReadOnlyList<ContextItem> context, List<PastImage> images, CancellationToken abort)
    {
        var items = new ContextImage[context.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var image = images[context[i].Attempt];
            image.Content ??= await artifacts.ReadAsync(image.Name, abort);
            items[i] = new(image.Content.Value, context[i].Feedback);
        }

        return items;
    }

    /// <summary>What the strategy may know: the score only if it is an oracle.</summary>
    private static PastAttempt Past(IStrategy strategy, StoredAttempt attempt) =>
        new(attempt.Verdict, strategy.IsOracle ? attempt.Score : null);

    /// <summary>An image of the chain; read again only when a context asks for it.</summary>
    private sealed class PastImage(byte[] name)
    {
        public byte[] Name => name;

        public ReadOnlyMemory<byte>? Content { get; set; }
    }
}

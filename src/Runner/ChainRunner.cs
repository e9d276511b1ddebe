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
public sealed class ChainRunner(
    SweepSetup sweep, AttemptWriter writer, ArtifactStore artifacts, RunProgress progress, ILogger log)
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

                var attempt = await AttemptAsync(chain, prompt, arm, seeds, history.Count, draw.Context, images, abort);
                history.Add(Past(arm.Strategy, new(attempt.ImageName, attempt.Verdict, attempt.Score)));
                images.Add(new PastImage(attempt.ImageName) { Content = arm.Strategy.DrawsIndependently ? null : attempt.Image });
                step = arm.Strategy.Next(history, seeds);
                await WriteAsync(attempt with { Ends = (step as Step.Stop)?.Shown });
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

    private async Task WriteAsync(NewAttempt attempt)
    {
        await progress.AttemptedAsync(() => WorkerMetrics.MeasureAsync(
            Stage.Write, attempt.Index, () => writer.AppendAsync(attempt)));
        if (attempt.Ends is not null)
        {
            WorkerMetrics.ChainEnded(failed: false);
        }
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
        var took = TimeSpan.Zero;
        var request = new DrawRequest(prompt.Text, seeds.Noise(index), await ContextAsync(context, images, abort));
        var drawing = await Call(Stage.Draw, "generator", arm.Generator, (time, token) => arm.Generator.AskAsync(request, time, token));
        WorkerMetrics.Drew();
        var judgement = await Call(Stage.Judge, "judge", arm.Judge, (time, token) => arm.Judge.AskAsync(
            new(prompt.Text, drawing.Image, seeds.Judge(index)), time, token));
        WorkerMetrics.Judged(judgement.Tokens);
        var score = sweep.Scoring is not { } scoring ? null : await Call(Stage.Score, scoring.Role, scoring.Model, (time, token) =>
            scoring.AskAsync((chain.Prompt, prompt.Text), drawing.Image, seeds.Scorer(index), time, token));
        return new NewAttempt(
            chain.Id,
            sweep.Plan.Scorer?.Id,
            chain.Epoch,
            index,
            request.Seed,
            ArtifactStore.NameOf(drawing.Image),
            drawing.Image,
            context,
            judgement.Verdict,
            judgement.Text,
            new(
                took.TotalSeconds,
                drawing.DeviceSeconds,
                judgement.DeviceSeconds,
                drawing.FunctionEvaluations,
                judgement.Tokens),
            score,
            Ends: null);

        async Task<T> Call<T>(Stage stage, string role, SweepModel model, Func<TimeSpan, CancellationToken, Task<Served<T>>> ask)
        {
            var (answer, served) = await WorkerMetrics.MeasureAsync(stage, index, () => _calls.CallAsync(
                $"{role}, attempt {index} of \"{prompt.Text}\"", model.Named.Placement.Timeout, ask, failure => Retried(stage, failure), abort));
            took += served;
            return answer;
        }

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

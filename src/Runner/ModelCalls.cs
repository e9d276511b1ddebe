using Polly;
using Polly.Retry;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models;

namespace ReflectDiT.Eval.Runner;

/// <summary>Calls models: each call has a timeout, and is tried again with growing pauses when it fails.</summary>
public sealed class ModelCalls(CallSettings settings)
{
    private readonly ResiliencePipeline _pipeline = Build(settings);

    /// <param name="what">Which model, and for which attempt: the beginning of the failure's text.</param>
    /// <param name="retried">Told of a try that failed before the next begins.</param>
    /// <returns>The answer, and how long the model worked for it: neither tries that failed nor queues count.</returns>
    /// <exception cref="ModelCallException">Every try failed.</exception>
    public async Task<(T Answer, TimeSpan Served)> CallAsync<T>(
        string what, Func<ModelCall, Task<T>> call, Action<Exception> retried, CancellationToken cancellation)
    {
        Exception? failed = null;
        try
        {
            return await _pipeline.ExecuteAsync(
                async token =>
                {
                    if (failed is not null)
                    {
                        retried(failed);
                    }

                    try
                    {
                        return await TryAsync(call, token);
                    }
                    catch (Exception e)
                    {
                        failed = e;
                        throw;
                    }
                },
                cancellation);
        }
        catch (NoAnswerException e)
        {
            throw new ModelCallException($"{what}: no answer within {settings.Timeout.TotalSeconds:0.###} s, {settings.Tries} times", e);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            throw new ModelCallException($"{what}: {e.GetType().Name}: {e.Message} (after {settings.Tries} tries)", e);
        }
    }

    private async Task<(T Answer, TimeSpan Served)> TryAsync<T>(
        Func<ModelCall, Task<T>> call, CancellationToken cancellation)
    {
        using var once = new ModelCall(settings.Timeout, cancellation);
        try
        {
            // A model that does not look at its token, or blocks its thread, must not hold the chain either.
            var answer = await Task.Run(() => call(once), once.Cancellation).WaitAsync(once.Cancellation);
            return (answer, once.Served);
        }
        catch (OperationCanceledException e) when (once.TimedOut)
        {
            throw new NoAnswerException(e);
        }
    }

    private static ResiliencePipeline Build(CallSettings settings)
    {
        var builder = new ResiliencePipelineBuilder();
        if (settings.Tries > 1)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = settings.Tries - 1,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(30),
                UseJitter = true,
                ShouldHandle = new PredicateBuilder().Handle<Exception>(e => e is not OperationCanceledException),
            });
        }

        return builder.Build();
    }

    private sealed class NoAnswerException(Exception inner) : Exception("no answer in time", inner);
}

/// <summary>A model failed for good; the message is recorded as the reason of the failed chain.</summary>
public sealed class ModelCallException(string message, Exception inner) : Exception(message, inner);

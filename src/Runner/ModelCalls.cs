using Polly;
using Polly.Retry;
using Polly.Timeout;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Runner;

/// <summary>Calls models: each call has a timeout, and is tried again with growing pauses when it fails.</summary>
public sealed class ModelCalls(CallSettings settings)
{
    private readonly ResiliencePipeline _pipeline = Build(settings);

    /// <param name="what">Which model, and for which attempt: the beginning of the failure's text.</param>
    /// <exception cref="ModelCallException">Every try failed.</exception>
    public async Task<T> CallAsync<T>(string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            // A model that does not look at its token, or blocks its thread, must not hold the chain either.
            return await _pipeline.ExecuteAsync(
                async token => await Task.Run(() => call(token), token).WaitAsync(token), cancellation);
        }
        catch (TimeoutRejectedException e)
        {
            throw new ModelCallException($"{what}: no answer within {settings.Timeout.TotalSeconds:0.###} s, {settings.Tries} times", e);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            throw new ModelCallException($"{what}: {e.GetType().Name}: {e.Message} (after {settings.Tries} tries)", e);
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

        return builder.AddTimeout(settings.Timeout).Build();
    }
}

/// <summary>A model failed for good; the message is recorded as the reason of the failed chain.</summary>
public sealed class ModelCallException(string message, Exception inner) : Exception(message, inner);

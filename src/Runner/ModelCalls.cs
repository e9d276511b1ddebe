using Polly;
using Polly.Retry;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>Asks models again, with growing pauses, when they fail.</summary>
public sealed class ModelCalls(CallSettings settings)
{
    private readonly ResiliencePipeline _pipeline = Build(settings);

    /// <param name="what">Which model, and for which attempt: the beginning of the failure's text.</param>
    /// <param name="timeout">How long the model may take; null for what the sweep says of all calls.</param>
    /// <param name="retried">Told of a try that failed before the next begins.</param>
    /// <exception cref="ModelCallException">Every try failed.</exception>
    /// <exception cref="ModelUnavailableException">The model cannot be asked at all.</exception>
    public async Task<Served<T>> CallAsync<T>(
        string what, TimeSpan? timeout, Func<TimeSpan, CancellationToken, Task<Served<T>>> ask, Action<Exception> retried, CancellationToken cancellation)
    {
        Exception? failed = null;
        var patience = timeout ?? settings.Timeout;
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
                        return await ask(patience, token);
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
            throw new ModelCallException($"{what}: no answer within {patience.TotalSeconds:0.###} s, {settings.Tries} times", e);
        }
        catch (BadAnswerException e)
        {
            throw new ModelCallException($"{what}: {e.Message} (after {settings.Tries} tries)", e);
        }
        catch (RequestRefusedException e)
        {
            throw new ModelCallException($"{what}: {e.Message}", e);
        }
        catch (Exception e) when (e is not ModelUnavailableException && !cancellation.IsCancellationRequested)
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
                ShouldHandle = new PredicateBuilder()
                    .Handle<Exception>(e => e is not (OperationCanceledException or ModelUnavailableException or RequestRefusedException)),
            });
        }

        return builder.Build();
    }
}

/// <summary>A model failed for good; the message is recorded as the reason of the failed chain.</summary>
public sealed class ModelCallException(string message, Exception inner) : Exception(message, inner);

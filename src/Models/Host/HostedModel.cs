using System.Diagnostics;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Host;

internal interface IHostedModel : IDisposable
{
    string Title { get; }

    bool IsLoaded { get; }

    string? Hangs { get; }
}

/// <summary>
/// A model as it is asked: it is loaded when it is first needed, and what arrives while a batch is at work becomes the
/// next batch. Nothing waits for a batch to fill up. No answer leaves here that does not fit its request's form.
/// </summary>
/// <param name="role">What it is for, as messages say it.</param>
/// <param name="load">Makes the model; takes as long as it likes, on a thread of its own.</param>
/// <param name="fault">What is wrong with an answer; null for nothing.</param>
public sealed class HostedModel<TRequest, TAnswer>(
    string role, ModelConfiguration model, Func<IModel<TRequest, TAnswer>> load, Func<TAnswer, string?> fault) : IHostedModel
{
    private readonly Lock _lock = new();
    private Task<BatchQueue<TRequest, TAnswer>>? _loading;
    private long _failedAt;

    /// <inheritdoc cref="ModelHost.Patience"/>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="ModelHost.RetryLoadAfter"/>
    public TimeSpan RetryLoadAfter { get; init; } = TimeSpan.FromMinutes(1);

    public string Title => model.Title == model.Kind ? $"{role} ({model.Kind})" : model.Title;

    public bool IsLoaded => Queue is not null;

    /// <summary>Says so while the model does not come back from a batch that nobody waits for any more.</summary>
    public string? Hangs => Queue?.Hangs;

    private BatchQueue<TRequest, TAnswer>? Queue =>
        Volatile.Read(ref _loading) is { IsCompletedSuccessfully: true } loaded ? loaded.Result : null;

    /// <summary>Loads the model unless it is, or is being, loaded: whoever comes meanwhile waits for the same.</summary>
    /// <returns>How long that took, to the one who began it; null to all others.</returns>
    /// <exception cref="ModelUnavailableException">It cannot be loaded; the reason is kept for a while.</exception>
    public async Task<TimeSpan?> LoadAsync(CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        var loading = LoadedAsync(out var isFirst);
        await loading.WaitAsync(cancellation);
        return isFirst ? Stopwatch.GetElapsedTime(began) : null;
    }

    /// <summary>Asks for one answer.</summary>
    /// <param name="timeout">How long a batch that the request is in may take: neither the queue nor the loading counts.</param>
    /// <param name="withdrawn">Nobody waits for the answer any more.</param>
    /// <exception cref="ModelUnavailableException">It cannot be loaded, or does not come back from a batch: no request's fault.</exception>
    /// <exception cref="BadAnswerException">The answer does not fit.</exception>
    /// <exception cref="NoAnswerException">There was none in time.</exception>
    /// <exception cref="Exception">Whatever else the model throws.</exception>
    public async Task<Served<TAnswer>> AskAsync(TRequest request, TimeSpan timeout, CancellationToken withdrawn) =>
        await (await LoadedAsync(out _).WaitAsync(withdrawn)).AskAsync(request, timeout, withdrawn);

    public void Dispose() => Queue?.Dispose();

    private Task<BatchQueue<TRequest, TAnswer>> LoadedAsync(out bool isFirst)
    {
        lock (_lock)
        {
            isFirst = _loading is null || (_loading.IsFaulted && Stopwatch.GetElapsedTime(_failedAt) > RetryLoadAfter);
            return isFirst ? _loading = Task.Run(Load, CancellationToken.None) : _loading!;
        }
    }

    private BatchQueue<TRequest, TAnswer> Load()
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var queue = new BatchQueue<TRequest, TAnswer>(role, load(), fault, Patience);
            HostMetrics.Loaded(role, Stopwatch.GetElapsedTime(began), failed: false);
            return queue;
        }
        catch (Exception e)
        {
            _failedAt = Stopwatch.GetTimestamp();
            HostMetrics.Loaded(role, Stopwatch.GetElapsedTime(began), failed: true);
            throw new ModelUnavailableException($"the {role} {model.Title} cannot be loaded: {e.Message}", e);
        }
    }
}

/// <summary>An answer, and how long the batch that it came of was at work: neither queues nor what failed before count.</summary>
public readonly record struct Served<TAnswer>(TAnswer Answer, TimeSpan Took);

/// <summary>A model cannot be asked at all: it cannot be loaded, or hangs. No request is to blame for it.</summary>
public sealed class ModelUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An answer that cannot be taken: the message says what is wrong with it.</summary>
public sealed class BadAnswerException(string message) : Exception(message);

/// <summary>A model did not answer in time.</summary>
public sealed class NoAnswerException() : Exception("no answer in time");

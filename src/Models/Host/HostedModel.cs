using System.Diagnostics;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>A model that has been loaded.</summary>
/// <param name="Title">What people know it by.</param>
/// <param name="Device">That it lies on.</param>
/// <param name="Bytes">Of the device that are reserved for it; 0 where that is not known.</param>
public sealed record LoadedModel(string Title, string Device, long Bytes);

/// <summary>What there is to say of a model, whatever it is asked.</summary>
public interface IHostedModel : IDisposable
{
    /// <summary>What people know it by.</summary>
    string Title { get; }

    /// <summary>Null while it is not loaded.</summary>
    LoadedModel? Loaded { get; }

    /// <summary>Of its weights, once it has been loaded; null before.</summary>
    string? Digest { get; }

    /// <summary>See <see cref="IModel{TRequest, TAnswer}.UsesSeed"/>; known once it has been loaded.</summary>
    bool UsesSeed { get; }

    /// <summary>Says so while the model does not come back from a batch that nobody waits for any more.</summary>
    string? Hangs { get; }

    /// <summary>Loads the model unless it is, or is being, loaded: whoever comes meanwhile waits for the same.</summary>
    /// <exception cref="ModelUnavailableException">It cannot be loaded; the reason is kept for a while.</exception>
    Task LoadAsync(CancellationToken cancellation);
}

/// <summary>
/// A model as it is asked: it is loaded when it is first needed, and what arrives while a batch is at work becomes the
/// next batch. Nothing waits for a batch to fill up. No answer leaves here that does not fit its request's form.
/// </summary>
/// <param name="host">That it belongs to.</param>
/// <param name="role">What it is for, as messages say it.</param>
/// <param name="load">Makes the model; takes as long as it likes, on a thread of its own.</param>
/// <param name="memory">Bytes that it takes of its device.</param>
/// <param name="fault">What is wrong with an answer; null for nothing.</param>
public sealed class HostedModel<TRequest, TAnswer>(
    ModelHost host, string role, ModelConfiguration model, Placement placement, Func<IModel<TRequest, TAnswer>> load, Func<long> memory,
    Func<TAnswer, string?> fault)
    : IHostedModel
{
    private readonly Lock _lock = new();
    private Stay? _stay;
    private long _failedAt;
    private long _askedAt = Stopwatch.GetTimestamp();
    private string? _digest;

    public string Title => model.Title == model.Kind ? $"{role} ({model.Kind})" : model.Title;

    public LoadedModel? Loaded => Volatile.Read(ref _stay) is { Queue.IsCompletedSuccessfully: true } stay ? new(Title, Device, stay.Bytes) : null;

    public string? Digest => Volatile.Read(ref _digest);

    public bool UsesSeed { get; private set; }

    public string? Hangs => Queue?.Hangs;

    private string Device => placement.Device ?? Placement.Processor;

    private BatchQueue<TRequest, TAnswer>? Queue =>
        Volatile.Read(ref _stay) is { Queue: { IsCompletedSuccessfully: true } loaded } ? loaded.Result : null;

    public async Task LoadAsync(CancellationToken cancellation)
    {
        var stay = Arrive();
        Depart(stay);
        await stay.Queue.WaitAsync(cancellation);
    }

    /// <summary>Asks for one answer.</summary>
    /// <param name="timeout">How long a batch that the request is in may take: neither the queue nor the loading counts.</param>
    /// <param name="withdrawn">Nobody waits for the answer any more.</param>
    /// <exception cref="ModelUnavailableException">It cannot be loaded, or does not come back from a batch: no request's fault.</exception>
    /// <exception cref="BadAnswerException">The answer does not fit.</exception>
    /// <exception cref="NoAnswerException">There was none in time.</exception>
    /// <exception cref="Exception">Whatever else the model throws.</exception>
    public async Task<Served<TAnswer>> AskAsync(TRequest request, TimeSpan timeout, CancellationToken withdrawn)
    {
        Volatile.Write(ref _askedAt, Stopwatch.GetTimestamp());
        var stay = Arrive();
        Task<Served<TAnswer>> answer;
        try
        {
            answer = (await stay.Queue.WaitAsync(withdrawn)).AskAsync(request, timeout, withdrawn);
        }
        finally
        {
            Depart(stay);
        }

        return await answer;
    }

    public void Dispose() => Queue?.Dispose();

    /// <summary>Has the model loaded unless it is, and keeps it until <see cref="Depart"/>.</summary>
    private Stay Arrive()
    {
        lock (_lock)
        {
            if (_stay is null || (_stay.Queue.IsFaulted && Stopwatch.GetElapsedTime(_failedAt) > host.RetryLoadAfter))
            {
                var stay = new Stay();
                stay.Queue = Task.Run(() => LoadAsync(stay), CancellationToken.None);
                Volatile.Write(ref _stay, stay);
            }

            _stay.Arriving++;
            return _stay;
        }
    }

    private void Depart(Stay stay)
    {
        lock (_lock)
        {
            stay.Arriving--;
            stay.EndIfLeft();
        }
    }

    /// <summary>Serves who has come, and goes; whoever comes from now on has it loaded again.</summary>
    private void Leave(Stay stay)
    {
        lock (_lock)
        {
            if (_stay == stay)
            {
                Volatile.Write(ref _stay, null);
            }

            stay.IsLeaving = true;
            stay.EndIfLeft();
        }
    }

    private async Task<BatchQueue<TRequest, TAnswer>> LoadAsync(Stay stay)
    {
        try
        {
            var bytes = stay.Bytes = memory();
            var room = await host.Memory.TakeAsync(Device, bytes, () => Volatile.Read(ref _askedAt), () => Leave(stay));
            return await Task.Run(() => Load(room, bytes)); // waiting for room is no part of the loading
        }
        catch (Exception e)
        {
            _failedAt = Stopwatch.GetTimestamp();
            HostMetrics.LoadFailed(role);
            throw new ModelUnavailableException($"the {role} {model.Title} cannot be loaded: {e.Message}", e);
        }
    }

    private BatchQueue<TRequest, TAnswer> Load(IDisposable room, long bytes)
    {
        try
        {
            var began = Stopwatch.GetTimestamp();
            var loaded = load();
            try
            {
                Check(loaded.Digest, loaded.UsesSeed);
            }
            catch
            {
                loaded.Dispose();
                throw;
            }

            var took = Stopwatch.GetElapsedTime(began);
            HostMetrics.Loaded(role, took, bytes);
            host.Say(new(Title, took));
            var queue = new BatchQueue<TRequest, TAnswer>(role, loaded, fault, host.Patience);
            _ = queue.Ended.ContinueWith(
                _ =>
                {
                    HostMetrics.Unloaded(role, bytes);
                    host.Say(new(Title, null));
                    room.Dispose();
                },
                TaskScheduler.Default);
            return queue;
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    /// <summary>Weights that differ from those asked for, or from those that answered before, are another model's.</summary>
    private void Check(string? digest, bool usesSeed)
    {
        if (digest is not { Length: 64 } || !digest.All(char.IsAsciiHexDigitLower))
        {
            throw new InvalidDataException($"its digest is '{digest}'; expected 64 hexadecimal digits");
        }

        if ((model.Digest ?? digest) != digest)
        {
            throw new InvalidDataException($"its weights have the digest {digest}, and the sweep asks for {model.Digest}");
        }

        if ((Digest ?? digest) != digest)
        {
            throw new InvalidDataException($"its weights have the digest {digest}, and had {Digest} when this process first loaded them");
        }

        UsesSeed = usesSeed;
        Volatile.Write(ref _digest, digest);
    }

    /// <summary>The model from one loading to its unloading.</summary>
    private sealed class Stay
    {
        public Task<BatchQueue<TRequest, TAnswer>> Queue { get; set; } = null!;

        /// <summary>Of the device.</summary>
        public long Bytes { get; set; }

        /// <summary>Those who have asked for it and do not stand in its queue yet: without them it would go unused.</summary>
        public int Arriving { get; set; }

        public bool IsLeaving { get; set; }

        public void EndIfLeft()
        {
            if (IsLeaving && Arriving == 0)
            {
                _ = Queue.ContinueWith(
                    loaded => loaded.Result.Dispose(),
                    CancellationToken.None,
                    TaskContinuationOptions.OnlyOnRanToCompletion,
                    TaskScheduler.Default);
            }
        }
    }
}

/// <summary>An answer, and its share of the time in which its batch was at work: neither queues nor what failed before count.</summary>
public readonly record struct Served<TAnswer>(TAnswer Answer, TimeSpan Took);

/// <summary>A model cannot be asked at all: it cannot be loaded, or hangs. No request is to blame for it.</summary>
public sealed class ModelUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An answer that cannot be taken: the message says what is wrong with it.</summary>
public sealed class BadAnswerException(string message) : Exception(message);

/// <summary>A model does not take the request, and would not take it again; the message says why.</summary>
public sealed class RequestRefusedException(string message) : Exception(message);

/// <summary>A model did not answer in time.</summary>
public sealed class NoAnswerException() : Exception("no answer in time");

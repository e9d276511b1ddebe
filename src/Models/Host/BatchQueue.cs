using System.Diagnostics;
using System.Threading.Channels;
using ReflectDiT.Eval.Core.Models;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>
/// The requests that wait for a model. A batch of what has a device to itself is never overlapped: one that took too long
/// for all who wait is still waited for, and where it does not come back the model counts as hung.
/// </summary>
internal sealed class BatchQueue<TRequest, TAnswer> : IDisposable
{
    /// <summary>
    /// What is asked at the same moment, as by a step of several proposals, comes within so long: a batch that is not full
    /// waits for it, as it takes its device as long as a full one.
    /// </summary>
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(2);

    private readonly string _role;
    private readonly IModel<TRequest, TAnswer> _model;
    private readonly Func<TAnswer, string?> _fault;
    private readonly TimeSpan _patience;
    private readonly BatchPolicy _policy;
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>(new() { SingleReader = true });
    private readonly SemaphoreSlim _free;
    private readonly DeviceClock _clock;
    private string? _hangs;
    private Waiting? _next;

    /// <param name="patience">See <see cref="ModelHost.Patience"/>.</param>
    public BatchQueue(string role, IModel<TRequest, TAnswer> model, Func<TAnswer, string?> fault, TimeSpan patience)
    {
        (_role, _model, _fault, _patience, _policy) = (role, model, fault, patience, model.Batches);
        _free = new SemaphoreSlim(_policy.AtOnce);
        _clock = new DeviceClock(role);
        Ended = Task.Run(ServeAllAsync);
    }

    /// <summary>When the model is disposed of.</summary>
    public Task Ended { get; }

    /// <summary>Says so while the model does not come back from a batch that nobody waits for any more.</summary>
    public string? Hangs => Volatile.Read(ref _hangs);

    public async Task<Served<TAnswer>> AskAsync(TRequest request, TimeSpan timeout, CancellationToken withdrawn)
    {
        if (Hangs is { } reason)
        {
            throw new ModelUnavailableException(reason);
        }

        var waiting = new Waiting(request, _model.BatchKey(request), timeout, withdrawn);
        await using var withdrawal = withdrawn.Register(() => waiting.Settle(t => t.TrySetCanceled(withdrawn)));
        if (!_waiting.Writer.TryWrite(waiting))
        {
            throw new ModelUnavailableException($"the {_role} has been let go");
        }

        if (Hangs is { } since)
        {
            waiting.Settle(t => t.TrySetException(new ModelUnavailableException(since)));
        }

        return await waiting.Answer;
    }

    /// <summary>Ends the model when the batches at work have come back.</summary>
    public void Dispose() => _waiting.Writer.TryComplete();

    private async Task ServeAllAsync()
    {
        while (_next is not null || await _waiting.Reader.WaitToReadAsync())
        {
            await _free.WaitAsync();
            var batch = new List<Waiting>();
            Fill(batch);
            if (_policy is { AtOnce: 1, Most: > 1 } && batch.Count > 0 && batch.Count < _policy.Most && _next is null)
            {
                await Task.Delay(Together);
                Fill(batch);
            }

            if (batch.Count > 0)
            {
                _ = ServeAndFreeAsync(batch);
            }
            else
            {
                _free.Release();
            }
        }

        for (var i = 0; i < _policy.AtOnce; i++)
        {
            await _free.WaitAsync();
        }

        _clock.Dispose();
        _model.Dispose();
        _free.Dispose();
    }

    private void Fill(List<Waiting> batch)
    {
        while (batch.Count < _policy.Most && (_next is not null || _waiting.Reader.TryRead(out _next)))
        {
            if (batch.Count > 0 && !_next!.IsSettled && _next.Key != batch[0].Key)
            {
                break; // begins the next batch
            }

            if (!_next!.IsSettled)
            {
                batch.Add(_next);
            }

            _next = null;
        }
    }

    private async Task ServeAndFreeAsync(List<Waiting> batch)
    {
        try
        {
            await ServeAsync(batch);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Asks until the model takes the batch, or nobody waits for it any more.</summary>
    private async Task ServeAsync(List<Waiting> batch)
    {
        HostMetrics.Batch(_role, batch.Count, batch.Max(w => w.Waited));
        while (batch.Exists(w => !w.IsSettled))
        {
            try
            {
                var admitted = await AdmitAsync(batch);
                await AskAsync(batch, admitted);
                return;
            }
            catch (ModelBusyException)
            {
                // Its time begins anew: it was not at work.
            }
            catch (Exception e)
            {
                batch.ForEach(w => w.Settle(t => t.TrySetException(e)));
            }
        }
    }

    private async Task<IDisposable?> AdmitAsync(List<Waiting> batch)
    {
        using var forsaken = new CancellationTokenSource();
        var admitted = _model.AdmitAsync(forsaken.Token);
        if (!admitted.IsCompleted)
        {
            var settled = Task.WhenAll(batch.Select(w => w.Answer)).ContinueWith(_ => { }, TaskScheduler.Default);
            await Task.WhenAny(admitted, settled);
            await forsaken.CancelAsync();
        }

        return await admitted;
    }

    /// <param name="admitted">Given back when the batch has come back, even where nobody waits for it any more.</param>
    private async Task AskAsync(List<Waiting> batch, IDisposable? admitted)
    {
        using var forsaken = new CancellationTokenSource();
        var began = Stopwatch.GetTimestamp();
        _clock.Begin();
        batch.ForEach(w => w.Begin());
        // A model that blocks its thread must not hold the queue's.
        var answering = Task.Run(() => _model.AnswerAsync([.. batch.Select(w => w.Request)], forsaken.Token), CancellationToken.None);
        if (admitted is not null)
        {
            _ = answering.ContinueWith(_ => admitted.Dispose(), TaskScheduler.Default);
        }

        try
        {
            if (!await InTimeAsync(answering, batch))
            {
                await forsaken.CancelAsync();
                await ReturnedAsync(answering, batch);
                return;
            }
        }
        finally
        {
            _clock.End();
        }

        var share = Stopwatch.GetElapsedTime(began) / batch.Count;
        try
        {
            var answers = await answering ?? throw new BadAnswerException("no answers, not even an empty list");
            if (answers.Count != batch.Count)
            {
                throw new BadAnswerException($"{answers.Count} answers to {batch.Count} requests");
            }

            foreach (var (waiting, answer) in batch.Zip(answers))
            {
                waiting.Settle(t => _ = FaultOf(answer) is { } wrong
                    ? t.TrySetException(new BadAnswerException(wrong))
                    : t.TrySetResult(new(answer, share)));
            }
        }
        catch (Exception e) when (batch.Count == 1 && e is not ModelBusyException)
        {
            batch[0].Settle(t => t.TrySetException(e is OperationCanceledException ? new BadAnswerException($"it gave up: {e.Message}") : e));
        }
        catch (Exception e) when (e is not ModelBusyException)
        {
            // One bad request must not fail the chains that happen to share its batch.
            foreach (var alone in batch.Where(w => !w.IsSettled))
            {
                await ServeAsync([alone]);
            }
        }
    }

    /// <summary>A check that throws has found something too.</summary>
    private string? FaultOf(TAnswer answer)
    {
        try
        {
            return answer is null ? "no answer" : _fault(answer);
        }
        catch (Exception e)
        {
            return $"an answer that cannot be read: {e.Message}";
        }
    }

    /// <summary>Waits for a batch as long as anybody waits for any of it.</summary>
    private static async Task<bool> InTimeAsync(Task answering, List<Waiting> batch)
    {
        while (batch.Exists(w => !w.IsSettled))
        {
            using var stop = new CancellationTokenSource();
            var patience = batch.Where(w => !w.IsSettled).Min(w => w.Left);
            if (patience > TimeSpan.Zero)
            {
                var withdrawn = Task.WhenAll(batch.Select(w => w.Answer)).ContinueWith(_ => { }, TaskScheduler.Default);
                await Task.WhenAny(answering, withdrawn, Task.Delay(patience, stop.Token));
                await stop.CancelAsync();
            }

            if (answering.IsCompleted)
            {
                return true;
            }

            foreach (var late in batch.Where(w => !w.IsSettled && w.Left <= TimeSpan.Zero))
            {
                late.Settle(t => t.TrySetException(new NoAnswerException()));
            }
        }

        return answering.IsCompleted;
    }

    /// <summary>Waits for a batch that nobody waits for; after as long again, for a model that hangs.</summary>
    private async Task ReturnedAsync(Task answering, List<Waiting> batch)
    {
        var expected = batch.Max(w => w.Timeout);
        var returned = answering.ContinueWith(_ => { }, TaskScheduler.Default); // its fault, if any, is of no account
        if (_policy.AtOnce > 1)
        {
            return; // it has no device to itself: the others go on
        }

        if (await Task.WhenAny(returned, Task.Delay(expected > _patience ? expected : _patience)) != returned)
        {
            Volatile.Write(ref _hangs, $"the {_role} hangs: it has not come back from a batch that should have taken "
                + $"{expected.TotalSeconds:0.###} s at most; this process must be started anew");
            while (_next is not null || _waiting.Reader.TryRead(out _next))
            {
                _next!.Settle(t => t.TrySetException(new ModelUnavailableException(Hangs!)));
                _next = null;
            }

            await returned;
            Volatile.Write(ref _hangs, null);
        }
    }

    private sealed class Waiting(TRequest request, string key, TimeSpan timeout, CancellationToken withdrawn)
    {
        private readonly TaskCompletionSource<Served<TAnswer>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly long _asked = Stopwatch.GetTimestamp();
        private long _began;

        public TRequest Request => request;

        public string Key => key;

        public TimeSpan Timeout => timeout;

        public Task<Served<TAnswer>> Answer => _answer.Task;

        public bool IsSettled => withdrawn.IsCancellationRequested || _answer.Task.IsCompleted;

        public TimeSpan Waited => Stopwatch.GetElapsedTime(_asked);

        /// <summary>Of its time, which runs from the beginning of its batch.</summary>
        public TimeSpan Left => timeout - Stopwatch.GetElapsedTime(_began);

        public void Begin() => _began = Stopwatch.GetTimestamp();

        public void Settle(Action<TaskCompletionSource<Served<TAnswer>>> how) => how(_answer);
    }
}

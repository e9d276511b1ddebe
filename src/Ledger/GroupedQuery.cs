namespace ReflectDiT.Eval.Ledger;

/// <summary>Asks for many keys in one query: those that are asked for while one is on its way wait for the next.</summary>
/// <param name="query">What there is of different keys.</param>
internal sealed class GroupedQuery<TKey, TValue>(Func<IReadOnlyList<TKey>, Task<Dictionary<TKey, TValue>>> query)
    where TKey : notnull
    where TValue : class
{
    private readonly Lock _lock = new();
    private List<(TKey Key, TaskCompletionSource<TValue?> Answer)> _waiting = [];
    private bool _asking;

    /// <returns>Null where there is nothing.</returns>
    public Task<TValue?> AskAsync(TKey key)
    {
        var answer = new TaskCompletionSource<TValue?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((key, answer));
            if (!_asking)
            {
                _asking = true;
                _ = Task.Run(AskAllAsync);
            }
        }

        return answer.Task;
    }

    private async Task AskAllAsync()
    {
        while (Take() is { Count: > 0 } group)
        {
            try
            {
                var found = await query([.. group.Select(w => w.Key).Distinct()]);
                group.ForEach(w => w.Answer.SetResult(found.GetValueOrDefault(w.Key)));
            }
            catch (Exception e)
            {
                group.ForEach(w => w.Answer.TrySetException(e));
            }
        }
    }

    private List<(TKey Key, TaskCompletionSource<TValue?> Answer)> Take()
    {
        lock (_lock)
        {
            var group = _waiting;
            _waiting = [];
            _asking = group.Count > 0;
            return group;
        }
    }
}

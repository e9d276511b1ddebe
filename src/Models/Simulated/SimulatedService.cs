namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Stands in for a network that serves a batch at once: the answers of a batch are worked out on all cores.</summary>
internal sealed class SimulatedService<TRequest, TResult>(Func<TRequest, TResult> answer)
{
    private readonly Batcher<TRequest, TResult> _batches = new(SimulatedModels.MaxBatch, (requests, _) =>
    {
        var answers = new TResult[requests.Count];
        if (answers.Length == 1)
        {
            answers[0] = answer(requests[0]); // its exception as it is
            return Task.FromResult<IReadOnlyList<TResult>>(answers);
        }

        Parallel.For(0, answers.Length, i => answers[i] = answer(requests[i]));
        return Task.FromResult<IReadOnlyList<TResult>>(answers);
    });

    public Task<TResult> AskAsync(TRequest request, ModelCall call) => _batches.AskAsync(request, call);
}

/// <summary>What all simulated models have in common.</summary>
public static class SimulatedModels
{
    /// <summary>Requests served at once; a worker should hold twice as many chains, so that no batch waits for another.</summary>
    public const int MaxBatch = 32;
}

using ReflectDiT.Eval.Core.Models;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Stands in for a network that serves a batch at once: the answers of a batch are worked out on all cores.</summary>
public abstract class SimulatedModel<TRequest, TAnswer> : IModel<TRequest, TAnswer>
{
    public BatchPolicy Batches { get; } = new(SimulatedModels.MaxBatch);

    public Task<IReadOnlyList<TAnswer>> AnswerAsync(IReadOnlyList<TRequest> requests, CancellationToken withdrawn)
    {
        var answers = new TAnswer[requests.Count];
        if (answers.Length == 1)
        {
            answers[0] = Answer(requests[0]); // its exception as it is
            return Task.FromResult<IReadOnlyList<TAnswer>>(answers);
        }

        Parallel.For(0, answers.Length, i => answers[i] = Answer(requests[i]));
        return Task.FromResult<IReadOnlyList<TAnswer>>(answers);
    }

    public void Dispose()
    {
        // Nothing is held.
        GC.SuppressFinalize(this);
    }

    protected abstract TAnswer Answer(TRequest request);
}

/// <summary>What all simulated models have in common.</summary>
public static class SimulatedModels
{
    /// <summary>Requests served at once; a worker should hold twice as many chains, so that no batch waits for another.</summary>
    public const int MaxBatch = 32;
}

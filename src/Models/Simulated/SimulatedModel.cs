using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>
/// Stands in for a network that serves a batch at once: the answers of a batch are worked out on all cores. It can take as
/// long to load, and for each batch, as its placement says.
/// </summary>
public abstract class SimulatedModel<TRequest, TAnswer> : IModel<TRequest, TAnswer>
{
    private readonly TimeSpan _batch;

    /// <exception cref="NotSupportedException">The placement says what only real models have.</exception>
    protected SimulatedModel(ModelConfiguration model, Placement placement)
    {
        if ((placement.Path ?? placement.Url?.ToString()) is { } place)
        {
            throw new NotSupportedException($"a simulated model has no weights and no server: its placement says {place}");
        }

        Batches = new(model.Batch ?? SimulatedModels.MaxBatch, placement.Concurrency ?? 1);
        Digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(model.Parameters?.GetRawText() ?? model.Kind)));
        _batch = TimeSpan.FromSeconds(placement.BatchSeconds ?? 0);
        Thread.Sleep(TimeSpan.FromSeconds(placement.LoadSeconds ?? 0));
    }

    public string Digest { get; }

    public BatchPolicy Batches { get; }

    public async Task<IReadOnlyList<TAnswer>> AnswerAsync(IReadOnlyList<TRequest> requests, CancellationToken withdrawn)
    {
        if (_batch > TimeSpan.Zero)
        {
            await Task.Delay(_batch, withdrawn);
        }

        var answers = new TAnswer[requests.Count];
        if (answers.Length == 1)
        {
            answers[0] = Answer(requests[0]); // its exception as it is
            return answers;
        }

        Parallel.For(0, answers.Length, i => answers[i] = Answer(requests[i]));
        return answers;
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

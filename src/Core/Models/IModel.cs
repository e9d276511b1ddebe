namespace ReflectDiT.Eval.Core.Models;

/// <summary>
/// Anything that answers batches of requests. What it answers to a request must not depend on what shares its batch. It is
/// loaded when it is made, which may take minutes, and takes its device until it is disposed of.
/// </summary>
public interface IModel<TRequest, TAnswer> : IDisposable
{
    /// <summary>
    /// SHA-256 of its weights, in 64 lower-case hexadecimal digits: with the identity that a sweep records, it decides every answer.
    /// A simulated model's is that of the numbers that stand for weights.
    /// </summary>
    string Digest { get; }

    BatchPolicy Batches { get; }

    /// <summary>Whether an answer depends on the seed of its request: not that of a judge that decodes greedily.</summary>
    bool UsesSeed => true;

    /// <summary>Requests share a batch only where this is equal; the same for all by default.</summary>
    string BatchKey(TRequest request) => "";

    /// <summary>
    /// Waits until a batch may be asked, as of a server with limits: no part of the time that an answer may take. What is
    /// given is disposed of when the batch has come back; null for a model that may be asked whenever its host likes.
    /// </summary>
    Task<IDisposable?> AdmitAsync(CancellationToken withdrawn) => Task.FromResult<IDisposable?>(null);

    /// <summary>Answers in the order of the requests.</summary>
    /// <param name="withdrawn">Nobody waits for any of them any more: to go on is a waste.</param>
    /// <exception cref="ModelBusyException">It took none of them: they are to be asked again when they are admitted again.</exception>
    Task<IReadOnlyList<TAnswer>> AnswerAsync(IReadOnlyList<TRequest> requests, CancellationToken withdrawn);
}

/// <summary>A model has no room for now, and has done nothing: to ask it again is no further try.</summary>
public sealed class ModelBusyException(string message) : Exception(message);

/// <summary>How a model may be asked.</summary>
/// <param name="Most">The most requests of a batch.</param>
/// <param name="AtOnce">Batches that may be at work at the same time; 1 for what has a device to itself.</param>
public sealed record BatchPolicy(int Most, int AtOnce = 1);

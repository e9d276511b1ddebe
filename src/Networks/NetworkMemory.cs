using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>What a network takes of its device.</summary>
/// <param name="Weights">Bytes of its parameters.</param>
/// <param name="Work">Bytes of what it computes, where that is most: an estimate.</param>
public sealed record NetworkMemory(string Name, long Weights, long Work)
{
    /// <summary>Of networks that are on the device at once, and work one after the other.</summary>
    public static long Together(params IEnumerable<NetworkMemory> networks) =>
        networks.Sum(network => network.Weights) + networks.Max(network => network.Work);

    /// <summary>How many parameters a network takes from a checkpoint, by the headers of its files.</summary>
    /// <param name="rename">As for <see cref="Weights.Of"/>.</param>
    /// <exception cref="CheckpointException">There is no such checkpoint, or it is not sound.</exception>
    public static long Parameters(string folder, string? variant = null, Func<string, string?>? rename = null)
    {
        using var checkpoint = Checkpoint.Open(folder, variant);
        return Parameters(checkpoint, rename);
    }

    /// <inheritdoc cref="Parameters(string, string?, Func{string, string?}?)"/>
    public static long Parameters(Checkpoint checkpoint, Func<string, string?>? rename = null)
    {
        return checkpoint.Tensors.Where(tensor => rename is null || rename(tensor.Name) is not null).Sum(tensor => tensor.Elements);
    }

    /// <summary>Bytes of a number.</summary>
    public static long Size(ScalarType type) => type == ScalarType.Float32 ? 4 : 2;
}

using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

/// <summary>What parameters begin with.</summary>
public static class Initialization
{
    /// <summary>
    /// Matrices by the number of their inputs, so that values keep their size; norms at 1; what a residual begins with at
    /// nothing (the head of a diffusion transformer and its cross-attention), as the published codes have it. The norm behind
    /// a Context Transformer begins at 1 too, where the released code has it at 0: from there small networks did not get away.
    /// </summary>
    /// <param name="network">The part of the parameters.</param>
    /// <param name="norms">What norms begin with: 0 where the weight is what is added to 1 (Gemma).</param>
    /// <param name="seed">Each parameter draws by its own name.</param>
    public static void Fill(FlatParameters parameters, string network, long seed, float norms = 1)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in parameters.Network(parameters.Values, network))
        {
            using var generator = new Generator((ulong)StepRandom.Seed(seed, $"{network}.{name}", 0), CPU);
            if (Deviation(name, tensor.shape) is { } deviation)
                tensor.copy_(randn(tensor.shape, generator: generator) * deviation);
            else
                tensor.fill_(name.EndsWith(".bias", StringComparison.Ordinal) || IsNothing(name) ? 0 : norms);
        }
    }

    /// <summary>Takes over what a checkpoint has; other parameters stay as they are.</summary>
    /// <param name="rename">From the checkpoint's name to the network's; null for what is not the network's.</param>
    public static void Load(FlatParameters parameters, string network, string folder, Func<string, string?>? rename = null)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(folder);
        var places = parameters.Network(parameters.Values, network).ToDictionary(StringComparer.Ordinal);
        foreach (var stored in checkpoint.Tensors)
        {
            if ((rename is null ? stored.Name : rename(stored.Name)) is { } name)
                places[name].copy_(checkpoint.Read(stored.Name));
        }
    }

    /// <summary>Whether weight decay applies: to matrices that multiply, not to tables, biases and norms.</summary>
    public static bool Decays(string name, long[] shape) => shape.Length > 1 && !name.Contains("embed", StringComparison.Ordinal) && !IsTable(name);

    /// <summary>Of the normal draws; null for a parameter that begins with one number.</summary>
    private static double? Deviation(string name, long[] shape) =>
        IsNothing(name) || shape.Length == 1 ? null
        : IsTable(name) || name.Contains("embed_tokens", StringComparison.Ordinal) ? 1 / Math.Sqrt(shape[^1])
        : name.Contains("position_embedding", StringComparison.Ordinal) || name == "time_embed.linear.weight" ? 0.02
        : 1 / Math.Sqrt(shape[1..].Aggregate(1L, (product, side) => product * side));

    private static bool IsTable(string name) => name.EndsWith("scale_shift_table", StringComparison.Ordinal);

    private static bool IsNothing(string name) => name == "proj_out.weight"
        || name.EndsWith("attn2.to_out.0.weight", StringComparison.Ordinal);
}

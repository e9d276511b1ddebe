using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>A file of named tensors.</summary>
public interface ITensorFile : IDisposable
{
    string Path { get; }

    /// <summary>What is in it, by name.</summary>
    IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>A copy of a tensor in the file's own type, on the processor.</summary>
    Tensor Read(string name);

    /// <summary>A copy of a tensor in another type, or elsewhere.</summary>
    Tensor Read(string name, ScalarType type, Device device)
    {
        using var read = Read(name);
        var tensor = read.to(type, device);
        // Where nothing was to be cast it is the very same tensor, which dies here.
        return tensor.Handle == read.Handle ? tensor.alias() : tensor;
    }
}

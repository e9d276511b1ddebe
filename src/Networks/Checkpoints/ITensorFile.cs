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
}

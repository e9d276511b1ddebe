using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

/// <summary>Something that is trained: its networks, their data and what is asked of them.</summary>
/// <typeparam name="TBatch">What one step learns from: numbers of .NET, as it is made beside the step before.</typeparam>
public interface IStage<TBatch> : IDisposable
{
    /// <summary>As the command calls it.</summary>
    string Name { get; }

    /// <summary>Everything besides the settings that decides what is learned: it must be the same when training goes on.</summary>
    string Identity { get; }

    FlatParameters Parameters { get; }

    /// <summary>A function of the step and the settings' seed alone; called on a thread of its own.</summary>
    TBatch Make(long step, TrainingSettings settings);

    /// <summary>What is to become small, a tensor of one number.</summary>
    /// <param name="noise">Draws that are a function of the step and the seed.</param>
    Tensor Loss(TBatch batch, Generator noise);

    /// <summary>How good the networks are by themselves, by name; called with the mean weights in their place.</summary>
    IReadOnlyDictionary<string, double> Validate();

    /// <summary>Writes the networks as folders that the loaders take; called with the mean weights in their place.</summary>
    void Save();
}

using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>
/// The parameters of a network, by their names in the checkpoint. A network asks for each while it is constructed, with
/// the shape that its configuration gives; what is missing, mis-shaped or left over is told all at once.
/// </summary>
/// <example><c>var w = Weights.Of(checkpoint, dtype, device); var network = new SanaTransformer(config, w); w.Complete();</c></example>
public sealed class Weights : IDisposable
{
    private readonly string _prefix;
    private readonly Store _store;

    private Weights(Store store, string prefix) => (_store, _prefix) = (store, prefix);

    /// <summary>What the network has asked for: names and shapes, in the order in which it did.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes => _store.Shapes;

    /// <summary>The parameters by name; whoever trains lets them require gradients.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _store.Tensors;

    /// <summary>Those of a checkpoint.</summary>
    /// <param name="type">What they are cast to; null leaves them as they are stored.</param>
    /// <param name="rename">From the checkpoint's name to the network's, where they differ; null for what is not the network's.</param>
    public static Weights Of(Checkpoint checkpoint, ScalarType? type, Device device, Func<string, string?>? rename = null) =>
        OfMixed(checkpoint, _ => type, device, rename);

    /// <summary>Those of a checkpoint, each in a type of its own.</summary>
    /// <param name="type">By the network's name.</param>
    /// <inheritdoc cref="Of(Checkpoint, ScalarType?, Device, Func{string, string?}?)"/>
    public static Weights OfMixed(Checkpoint checkpoint, Func<string, ScalarType?> type, Device device, Func<string, string?>? rename = null)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tensor in checkpoint.Tensors)
        {
            var name = rename is null ? tensor.Name : rename(tensor.Name);
            if (name is not null && !names.TryAdd(name, tensor.Name))
                throw new CheckpointException($"{checkpoint.Folder}: {names[name]} and {tensor.Name} are both taken for {name}");
        }

        return new(new Store(checkpoint, names, type, device), "");
    }

    /// <summary>None: to learn a network's names and shapes without any of its numbers, or libtorch.</summary>
    /// <param name="names">What <see cref="Has"/> is to say yes to: the network's names of what is only sometimes there.</param>
    public static Weights None(params IEnumerable<string> names) =>
        new(new Store(null, names.ToDictionary(name => name, StringComparer.Ordinal), _ => null, null), "");

    /// <summary>Those below a name: <c>In("transformer_blocks.3")</c>.</summary>
    public Weights In(string name) => new(_store, $"{_prefix}{name}.");

    /// <summary>Whether the checkpoint has it: for the few that are there or not with the same configuration.</summary>
    public bool Has(string name) => _store.Names.ContainsKey(_prefix + name);

    /// <summary>One parameter, of which these weights stay the owner.</summary>
    public Tensor Get(string name, params long[] shape) => _store.Get(_prefix + name, shape);

    /// <summary>Called when the network is constructed.</summary>
    /// <exception cref="CheckpointException">The checkpoint is not this network's: it names every key at fault.</exception>
    public void Complete() => _store.Complete();

    public void Dispose() => _store.Dispose();

    private sealed class Store(Checkpoint? checkpoint, Dictionary<string, string> names, Func<string, ScalarType?> type, Device? device)
    {
        private readonly List<string> _faults = [];

        /// <summary>From the network's to the checkpoint's.</summary>
        public Dictionary<string, string> Names => names;

        public Dictionary<string, long[]> Shapes { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, Tensor> Tensors { get; } = new(StringComparer.Ordinal);

        public Tensor Get(string name, long[] shape)
        {
            if (!Shapes.TryAdd(name, shape))
                return Tensors.GetValueOrDefault(name)!;
            if (checkpoint is null)
                return null!;
            if (!names.TryGetValue(name, out var key))
            {
                _faults.Add($"{name} is missing; it has the shape [{string.Join(", ", shape)}]");
                return null!;
            }

            var stored = checkpoint.Stored(key);
            if (!stored.Shape.SequenceEqual(shape))
            {
                _faults.Add($"{key} has the shape [{string.Join(", ", stored.Shape)}], not [{string.Join(", ", shape)}]");
                return null!;
            }

            if (_faults.Count > 0)
                return null!; // not to be used: what is read further serves nobody
            var tensor = checkpoint.Read(key, type(name) ?? stored.Type, device!).DetachFromDisposeScope();
            Tensors.Add(name, tensor);
            return tensor;
        }

        public void Complete()
        {
            if (checkpoint is null)
                return;
            _faults.AddRange(names.Where(n => !Shapes.ContainsKey(n.Key)).Select(n => $"{n.Value} is superfluous")
                .Order(StringComparer.Ordinal));
            if (_faults.Count == 0)
                return;
            Dispose();
            throw new CheckpointException(
                $"{checkpoint.Folder} does not fit its configuration, {_faults.Count} keys:\n  {string.Join("\n  ", _faults)}");
        }

        public void Dispose()
        {
            foreach (var tensor in Tensors.Values)
                tensor.Dispose();
            Tensors.Clear();
        }
    }
}

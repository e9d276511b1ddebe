using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

/// <param name="Decays">Whether weight decay draws it towards 0.</param>
/// <param name="Rate">What the learning rate is multiplied with.</param>
public readonly record struct Learning(bool Decays, double Rate);

/// <param name="First">Index of its first number.</param>
/// <param name="Length">Numbers.</param>
public sealed record ParameterGroup(long First, long Length, Learning Learning);

/// <summary>
/// The parameters of one or more networks in one stretch of memory, and their gradients in another: what an optimizer does
/// to all of them is one pass. A network takes its parameters from here as from a checkpoint, without a copy.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    /// <summary>Each tensor begins at a multiple of so many numbers: of 64 bytes, as libtorch has it.</summary>
    private const long Unit = 16;

    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly Tensor _gradients;

    /// <param name="networks">By name, of each the shapes that its constructor asks <see cref="Weights.None"/> for.</param>
    /// <param name="learning">How a parameter learns, by its full name; as it is with weight decay for matrices where null.</param>
    public FlatParameters(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, long[]>> networks, Func<string, long[], Learning>? learning = null)
    {
        learning ??= (name, shape) => new(Initialization.Decays(name, shape), 1);
        var all = networks.SelectMany(network => network.Value.Select(shape => (Name: $"{network.Key}.{shape.Key}", Shape: shape.Value)));
        var groups = new List<ParameterGroup>();
        foreach (var group in all.GroupBy(one => learning(one.Name, one.Shape)))
        {
            var first = Length;
            foreach (var (name, shape) in group)
            {
                var count = shape.Aggregate(1L, (product, side) => product * side);
                _places.Add(name, new(Length, shape));
                Length += (count + Unit - 1) / Unit * Unit;
                Count += count;
            }

            groups.Add(new(first, Length - first, group.Key));
        }

        Groups = groups;

        Values = zeros(Length).DetachFromDisposeScope();
        _gradients = zeros(Length).DetachFromDisposeScope();
    }

    /// <summary>Numbers with what lies between the tensors.</summary>
    public long Length { get; }

    /// <summary>Numbers without what lies between the tensors.</summary>
    public long Count { get; }

    /// <summary>Parts of the stretch that learn alike.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Full names: that of the network, a point, that of the parameter.</summary>
    public IEnumerable<string> Names => _places.Keys;

    /// <summary>fp32, [length]; not what requires gradients.</summary>
    public Tensor Values { get; }

    /// <summary>fp32, [length].</summary>
    public Tensor Gradients => _gradients;

    /// <summary>The part of any stretch of the same layout that is one parameter's, in its shape, without a copy.</summary>
    public Tensor Of(Tensor stretch, string name)
    {
        using var scope = NewDisposeScope();
        var (first, shape) = _places[name];
        return stretch.narrow(0, first, shape.Aggregate(1L, (product, side) => product * side)).view(shape).MoveToOuterDisposeScope();
    }

    /// <summary>Of any stretch of the same layout all parameters, by full name, without copies.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> All(Tensor stretch) => Names.Select(name => KeyValuePair.Create(name, Of(stretch, name)));

    /// <summary>Of any stretch of the same layout the parameters of one network, by its own names.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Network(Tensor stretch, string network) => Names
        .Where(name => name.StartsWith($"{network}.", StringComparison.Ordinal))
        .Select(name => KeyValuePair.Create(name[(network.Length + 1)..], Of(stretch, name)));

    /// <summary>What a network is constructed from.</summary>
    public Weights Weights(string network) =>
        Networks.Checkpoints.Weights.Of(Checkpoint.Of(new View(this, network)), null, CPU);

    /// <summary>Called with a network's own parameters when it is constructed: from then on their gradients come together here.</summary>
    public void Train(string network, IReadOnlyDictionary<string, Tensor> parameters)
    {
        foreach (var (name, parameter) in parameters)
        {
            parameter.requires_grad_(true);
            using var gradient = Of(_gradients, $"{network}.{name}");
            parameter.grad = gradient;
        }
    }

    public void Dispose()
    {
        Values.Dispose();
        _gradients.Dispose();
    }

    private sealed record Place(long First, long[] Shape);

    private sealed class View(FlatParameters parameters, string network) : ITensorFile
    {
        public string Path => $"{network}/parameters";

        public IReadOnlyDictionary<string, StoredTensor> Tensors { get; } = parameters._places
            .Where(place => place.Key.StartsWith($"{network}.", StringComparison.Ordinal))
            .Select(place => new StoredTensor(place.Key[(network.Length + 1)..], ScalarType.Float32, place.Value.Shape, 4 * place.Value.First,
                4 * place.Value.Shape.Aggregate(1L, (product, side) => product * side)))
            .ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);

        public Tensor Read(string name) => parameters.Of(parameters.Values, $"{network}.{name}");

        public void Dispose()
        {
        }
    }
}

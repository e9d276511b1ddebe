using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

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
    /// <param name="decayed">Whether a parameter is drawn towards 0, by its full name.</param>
    public FlatParameters(IReadOnlyDictionary<string, IReadOnlyDictionary<string, long[]>> networks, Func<string, long[], bool> decayed)
    {
        var all = networks.SelectMany(network => network.Value.Select(shape => (Name: $"{network.Key}.{shape.Key}", Shape: shape.Value))).ToList();
        foreach (var (name, shape) in all.OrderByDescending(one => decayed(one.Name, one.Shape)))
        {
            var count = shape.Aggregate(1L, (product, side) => product * side);
            _places.Add(name, new(Length, shape));
            Length += (count + Unit - 1) / Unit * Unit;
            Count += count;
            if (decayed(name, shape))
                Decayed = Length;
        }

        Values = zeros(Length).DetachFromDisposeScope();
        _gradients = zeros(Length).DetachFromDisposeScope();
    }

    /// <summary>Numbers with what lies between the tensors.</summary>
    public long Length { get; }

    /// <summary>Numbers without what lies between the tensors.</summary>
    public long Count { get; }

    /// <summary>The first so many are drawn towards 0.</summary>
    public long Decayed { get; }

    /// <summary>Full names: that of the network, a point, that of the parameter.</summary>
    public IEnumerable<string> Names => _places.Keys;

    /// <summary>fp32, [length]; not what requires gradients.</summary>
    public Tensor Values { get; }

    /// <summary>fp32, [length].</summary>
    public Tensor Gradients => _gradients;

    /// <summary>The part of any stretch of the same layout that is one parameter's, in its shape, without a copy.</summary>
    public Tensor Of(Tensor stretch, string name)
    {
        var (first, shape) = _places[name];
        return stretch.narrow(0, first, shape.Aggregate(1L, (product, side) => product * side)).view(shape);
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

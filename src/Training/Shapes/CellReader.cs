using ReflectDiT.Eval.Benchmarks.Shapes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>What stands in each cell of some boards, one board behind the other.</summary>
/// <param name="Shapes">0 for none; [boards × cells].</param>
/// <param name="Colours">Likewise.</param>
internal sealed record CellLabels(long[] Shapes, long[] Colours)
{
    public static CellLabels Of(IReadOnlyList<Scene> boards)
    {
        const int Cells = Scene.Cells * Scene.Cells;
        var labels = new CellLabels(new long[boards.Count * Cells], new long[boards.Count * Cells]);
        foreach (var (board, scene) in boards.Index())
        {
            foreach (var one in scene.Objects)
                (labels.Shapes[(Cells * board) + one.Cell], labels.Colours[(Cells * board) + one.Cell]) = (1 + (int)one.Shape, 1 + one.Colour);
        }

        return labels;
    }
}

/// <summary>
/// Reads off an image's tokens which shape of which colour stands in each cell: a network whose tokens tell it has learned to
/// see. It is thrown away when the network has learned.
/// </summary>
internal sealed class CellReader : IDisposable
{
    /// <summary>The name of its parameters beside those of the network.</summary>
    public const string Name = "heads";

    private const int Shapes = 9;
    private const int Colours = 11;

    private readonly Dictionary<string, Tensor> _heads;

    /// <param name="parameters">With those of <see cref="Sizes"/> under <see cref="Name"/>, not filled yet.</param>
    public CellReader(FlatParameters parameters, long seed)
    {
        Initialization.Fill(parameters, Name, seed);
        _heads = parameters.Network(parameters.Values, Name).ToDictionary(StringComparer.Ordinal);
        parameters.Train(Name, _heads);
    }

    /// <param name="width">Numbers of a token.</param>
    public static IReadOnlyDictionary<string, long[]> Sizes(int width) =>
        new Dictionary<string, long[]> { ["shape.weight"] = [Shapes, width], ["colour.weight"] = [Colours, width] };

    /// <param name="tokens">[boards × cells, width]</param>
    /// <returns>Of shapes and of colours the mean cross-entropies, added.</returns>
    public Tensor Loss(Tensor tokens, CellLabels labels)
    {
        using var scope = NewDisposeScope();
        var (shapes, colours) = Read(tokens);
        return (functional.cross_entropy(shapes, tensor(labels.Shapes)) + functional.cross_entropy(colours, tensor(labels.Colours))).MoveToOuterDisposeScope();
    }

    /// <summary>The share of cells whose shape and colour are told.</summary>
    /// <inheritdoc cref="Loss"/>
    public double Told(Tensor tokens, CellLabels labels)
    {
        using var scope = NewDisposeScope();
        var (shapes, colours) = Read(tokens);
        return ((shapes.argmax(-1) == tensor(labels.Shapes)) & (colours.argmax(-1) == tensor(labels.Colours))).to(float32).mean().item<float>();
    }

    public void Dispose()
    {
        foreach (var head in _heads.Values)
            head.Dispose();
    }

    private (Tensor Shapes, Tensor Colours) Read(Tensor tokens) =>
        (functional.linear(tokens, _heads["shape.weight"]), functional.linear(tokens, _heads["colour.weight"]));
}

using ReflectDiT.Eval.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Training.Tests;

/// <summary>A network of two layers that learns the sum of its inputs, with some noise: the loop without any world.</summary>
internal sealed class LineStage : IStage<float[]>
{
    private const int Inputs = 12;
    private readonly Dictionary<string, Tensor> _layers;

    public LineStage(long poisonedStep = 0)
    {
        Libtorch.Load();
        PoisonedStep = poisonedStep;
        Parameters = new(new Dictionary<string, IReadOnlyDictionary<string, long[]>>
        {
            ["line"] = new Dictionary<string, long[]> { ["in.weight"] = [32, Inputs], ["in.bias"] = [32], ["out.weight"] = [1, 32] },
        });
        Initialization.Fill(Parameters, "line", 1, norms: 0);
        _layers = Parameters.Network(Parameters.Values, "line").ToDictionary(StringComparer.Ordinal);
        Parameters.Train("line", _layers);
    }

    /// <summary>The step whose inputs are no numbers.</summary>
    public long PoisonedStep { get; }

    public string Name => "line";

    public string Identity => $"{Inputs} inputs";

    public FlatParameters Parameters { get; }

    public int Saved { get; private set; }

    public float[] Make(long step, TrainingSettings settings)
    {
        var random = StepRandom.Of(settings.Seed, Name, step);
        return [.. Enumerable.Range(0, settings.Batch * Inputs).Select(_ => step == PoisonedStep ? float.NaN : (float)random.NextDouble() - 0.5f)];
    }

    public Tensor Loss(float[] batch, Generator noise)
    {
        using var scope = NewDisposeScope();
        var inputs = tensor(batch).view(-1, Inputs);
        var outputs = functional.linear(functional.silu(functional.linear(inputs, _layers["in.weight"], _layers["in.bias"])), _layers["out.weight"]);
        var target = inputs.sum(1, keepdim: true) + (randn([inputs.shape[0], 1], generator: noise) * 0.01);
        return functional.mse_loss(outputs, target).MoveToOuterDisposeScope();
    }

    public IReadOnlyDictionary<string, double> Validate() => new Dictionary<string, double> { ["first"] = Parameters.Values[0].item<float>() };

    public void Save() => Saved++;

    public void Dispose()
    {
        foreach (var layer in _layers.Values)
            layer.Dispose();
        Parameters.Dispose();
    }
}

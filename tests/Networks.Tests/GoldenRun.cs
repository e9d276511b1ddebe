using System.Globalization;
using System.Text.Json;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>
/// One case in one precision: what goes in, and what has come out of our code so far. A runner reports every stage and
/// output of the case under its name, with or without the prefix <c>stage.NN.</c>; they are compared at the end, in order.
/// </summary>
internal sealed class GoldenRun(GoldenCase golden, ScalarType type) : IDisposable
{
    private readonly SafetensorsFile? _tensors = golden.TensorsOf(type) is { } path ? SafetensorsFile.Open(path) : null;
    private readonly SafetensorsFile? _single = golden.TensorsOf(ScalarType.Float32) is { } path ? SafetensorsFile.Open(path) : null;
    private readonly Dictionary<string, Tensor> _found = new(StringComparer.Ordinal);

    public GoldenCase Case => golden;

    public JsonElement Arguments => golden.Arguments;

    public ScalarType Type => type;

    /// <summary>A tensor of the case as it is stored: of this precision, or of the one that the other leaves out.</summary>
    public Tensor Stored(string name) =>
        ((IsOfThisPrecision(name) ? _tensors : _single) ?? throw new InvalidDataException($"{golden.Folder} holds no tensors")).Read(name);

    /// <summary>An input, cast to the precision of the run unless it is of whole numbers.</summary>
    public Tensor Input(string name)
    {
        var stored = Stored(name);
        return stored.is_floating_point() ? stored.to(type) : stored;
    }

    public bool Has(string name) => IsOfThisPrecision(name) || _single?.Tensors.ContainsKey(name) == true;

    public string Model(string role) => golden.Model(role);

    /// <summary>A number of the case's arguments, or what stands for it where it is not there.</summary>
    public double Number(string argument, double otherwise) =>
        Arguments.TryGetProperty(argument, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    /// <summary>Takes a value of ours; usable as the <see cref="Watch"/> of a network.</summary>
    public void Report(string name, Tensor value)
    {
        var copy = value.detach().clone().DetachFromDisposeScope();
        if (_found.Remove(name, out var earlier))
            earlier.Dispose();
        _found[name] = copy;
    }

    /// <summary>What is off, beginning with the first of the stages; null where all agree.</summary>
    public string? FirstDivergence()
    {
        if (_tensors is null)
            return null; // a case of texts, which its runner has compared
        foreach (var name in golden.Expected)
        {
            if (type != ScalarType.Float32 && !IsOfThisPrecision(name))
                continue;
            if (!_found.TryGetValue(name, out var ours) && !_found.TryGetValue(WithoutNumber(name), out ours))
                return $"{name} was not computed; computed were {string.Join(", ", _found.Keys)}";
            using var scope = NewDisposeScope();
            if (Difference(name, ours) is { } difference)
                return $"{name} diverges: {difference}";
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var tensor in _found.Values)
            tensor.Dispose();
        _tensors?.Dispose();
        _single?.Dispose();
    }

    private bool IsOfThisPrecision(string name) => _tensors?.Tensors.ContainsKey(name) == true;

    /// <summary>Of <c>stage.07.b00.after_cross_attention</c> what is behind the number, which counts the stages of one case.</summary>
    private static string WithoutNumber(string name) =>
        name.StartsWith("stage.", StringComparison.Ordinal) ? name[(name.IndexOf('.', 6) + 1)..] : name;

    private string? Difference(string name, Tensor ours)
    {
        var theirs = Stored(name);
        if (!ours.shape.SequenceEqual(theirs.shape))
            return $"its shape is [{string.Join(", ", ours.shape)}], the reference's [{string.Join(", ", theirs.shape)}]";
        var limit = golden.Limit(name, type);
        var (a, b) = (ours.to(float64), theirs.to(float64));
        if (golden.Where(name) is { } mask)
        {
            var counts = Stored(mask).to(@bool);
            (a, b) = (a[counts], b[counts]);
        }

        if (limit.ValueKind == JsonValueKind.Object)
        {
            if (limit.TryGetProperty("equal_where", out var certain))
            {
                var bits = ours.bitwise_xor(theirs).bitwise_and(Stored(certain.GetString()!)).count_nonzero().item<long>();
                return bits == 0 ? null : $"{bits} bytes differ where {certain} is set";
            }

            if (!limit.TryGetProperty("max_abs", out var most))
                throw new NotSupportedException($"{golden.Folder}: no test for the limit {limit}");
            var apart = a.numel() == 0 ? 0 : (a - b).abs().max().item<double>();
            return apart <= most.GetDouble() ? null : $"a value is {apart} off, {most} are allowed";
        }

        // Ids and masks are equal or wrong; the pixels of an image may be as far off as what they were rounded from.
        var allowed = theirs.is_floating_point() || theirs.dtype == ScalarType.Byte ? limit.GetDouble() : 0;
        var (norm, apartBy) = (b.norm().item<double>(), (a - b).norm().item<double>());
        var distance = norm > 0 ? apartBy / norm : a.norm().item<double>();
        return distance <= allowed ? null : string.Create(CultureInfo.InvariantCulture,
            $"the norm of ours is {a.norm().item<double>():g9}, of the reference's {norm:g9}, relative distance {distance:g4}, allowed {allowed:g4}");
    }
}

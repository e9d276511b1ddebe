using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>Told of the named intermediate values of a network as they are computed; they die with the call.</summary>
public delegate void Watch(string stage, Tensor value);

/// <summary><c>x @ weightᵀ + bias</c>; the weight is [out, in].</summary>
internal sealed record Linear(Tensor Weight, Tensor? Bias)
{
    public Tensor Forward(Tensor x) => functional.linear(x, Weight, Bias);
}

/// <summary>A convolution over [batch, channels, height, width]; the weight is [out, in / groups, kernel, kernel].</summary>
internal sealed record Conv2d(Tensor Weight, Tensor? Bias, long Stride, long Padding, long Groups)
{
    public Tensor Forward(Tensor x) =>
        functional.conv2d(x, Weight, Bias, strides: [Stride, Stride], padding: [Padding, Padding], groups: Groups);
}

/// <summary>
/// RMSNorm as diffusers computes it: over the last dimension, normalised in fp32, rounded to the weight's type, then scaled
/// and shifted in that type.
/// </summary>
internal sealed record RmsNorm(Tensor Weight, Tensor? Bias, double Eps)
{
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var variance = x.to(float32).pow(2).Then(square => square.mean([-1], keepdim: true));
        var normed = (x * (variance + Eps).rsqrt()).to(Weight.dtype).Then(narrow => narrow * Weight);
        return (Bias is null ? normed : normed.Then(scaled => scaled + Bias)).MoveToOuterDisposeScope();
    }

    /// <summary>Of [batch, channels, height, width], over the channels.</summary>
    public Tensor ForwardChannels(Tensor x) => x.permute(0, 2, 3, 1).Then(Forward).Then(normed => normed.permute(0, 3, 1, 2));
}

/// <summary>LayerNorm; the one of AdaLN has no weights of its own.</summary>
internal sealed record LayerNorm(Tensor? Weight, Tensor? Bias, int Width, double Eps)
{
    public Tensor Forward(Tensor x) => functional.layer_norm(x, [Width], Weight, Bias, Eps);
}

/// <summary>Takes layers from the weights by their names.</summary>
internal static class LayersOfWeights
{
    public static Linear Linear(this Weights w, string name, int inputs, int outputs, bool bias = true) =>
        new(w.Get($"{name}.weight", outputs, inputs), bias ? w.Get($"{name}.bias", outputs) : null);

    public static Conv2d Conv2d(
        this Weights w, string name, int inputs, int outputs, int kernel, int stride = 1, int? padding = null, int groups = 1,
        bool bias = true) =>
        new(w.Get($"{name}.weight", outputs, inputs / groups, kernel, kernel), bias ? w.Get($"{name}.bias", outputs) : null,
            stride, padding ?? kernel / 2, groups);

    public static RmsNorm RmsNorm(this Weights w, string name, int width, double eps, bool bias = false) =>
        new(w.Get($"{name}.weight", width), bias ? w.Get($"{name}.bias", width) : null, eps);

    public static LayerNorm LayerNorm(this Weights w, string name, int width, double eps) =>
        new(w.Get($"{name}.weight", width), w.Get($"{name}.bias", width), width, eps);

    /// <summary>The rows of a table of embeddings, [rows, width], that ids of any shape name: [..., width].</summary>
    public static Tensor Embed(this Tensor table, Tensor ids) => table.index_select(0, ids.flatten()).unflatten(0, ids.shape);

    /// <summary>
    /// What is made of a tensor that nothing else looks at: its memory serves what comes next, which on a processor is
    /// quicker than memory that was never touched.
    /// </summary>
    /// <param name="next">Must make a new tensor.</param>
    public static Tensor Then(this Tensor x, Func<Tensor, Tensor> next)
    {
        using (x)
            return next(x);
    }

    /// <summary>What is made on the way is gone when the result is there: as <see cref="Then"/>, of more than one step.</summary>
    public static Tensor Brief(Func<Tensor> make)
    {
        using var scope = NewDisposeScope();
        return make().MoveToOuterDisposeScope();
    }

    /// <summary>Tensors that nothing else looks at, as one.</summary>
    public static Tensor Joined(this Tensor[] parts, long dim)
    {
        var whole = cat(parts, dim);
        foreach (var part in parts)
            part.Dispose();
        return whole;
    }

    /// <summary>GELU by its approximation with tanh.</summary>
    public static Tensor GeluTanh(this Tensor x) => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh);
}

using System.Numerics;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

/// <summary>
/// AdamW (arXiv 1711.05101) and the running mean of the weights (EMA), in one pass over memory. Each number is computed
/// for itself, so that the result does not depend on how the work is shared.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Eps = 1e-8;

    /// <summary>Numbers that one piece of the work has.</summary>
    private const int Piece = 1 << 16;

    private readonly FlatParameters _parameters;
    private readonly TrainingSettings _settings;

    public AdamW(FlatParameters parameters, TrainingSettings settings)
    {
        (_parameters, _settings) = (parameters, settings);
        FirstMoment = zeros(parameters.Length).DetachFromDisposeScope();
        SecondMoment = zeros(parameters.Length).DetachFromDisposeScope();
        Mean = parameters.Values.clone().DetachFromDisposeScope();
    }

    /// <summary>fp32, as long as the parameters, as are the others.</summary>
    public Tensor FirstMoment { get; }

    public Tensor SecondMoment { get; }

    /// <summary>The running mean of the parameters: what is kept in the end.</summary>
    public Tensor Mean { get; }

    /// <summary>The length of the gradient as one vector.</summary>
    public unsafe double GradientNorm()
    {
        var length = (int)_parameters.Length;
        var sums = new double[Pieces(length)];
        fixed (byte* bytes = _parameters.Gradients.bytes)
        {
            var gradients = (float*)bytes;
            Parallel.For(0, sums.Length, piece =>
            {
                var (first, last) = (piece * Piece, Math.Min(length, (piece + 1) * Piece));
                var (at, sum) = (first, Vector<float>.Zero);
                for (; at + Vector<float>.Count <= last; at += Vector<float>.Count)
                {
                    var g = *(Vector<float>*)(gradients + at);
                    sum += g * g;
                }

                sums[piece] = Vector.Sum(sum);
            });
        }

        return Math.Sqrt(sums.Sum());
    }

    /// <summary>One step, and gradients of 0 for the next.</summary>
    /// <param name="step">From 1 on.</param>
    /// <param name="scale">What the gradients are multiplied with first.</param>
    public void Step(long step, double rate, double scale)
    {
        // The mean begins short, so that it soon forgets the weights that training began with.
        var keep = (float)Math.Min(_settings.MeanDecay, (1.0 + step) / (10.0 + step));
        foreach (var group in _parameters.Groups)
            Step(group, step, rate * group.Learning.Rate, (float)scale, keep);
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
        Mean.Dispose();
    }

    private unsafe void Step(ParameterGroup group, long step, double rate, float scale, float keep)
    {
        var (begin, end) = ((int)group.First, (int)(group.First + group.Length));
        var size = (float)(rate / (1 - Math.Pow(Beta1, step)));
        var root = (float)(1 / Math.Sqrt(1 - Math.Pow(_settings.Beta2, step)));
        var decay = group.Learning.Decays ? (float)(1 - (rate * _settings.WeightDecay)) : 1;
        var (beta1, beta2) = ((float)Beta1, (float)_settings.Beta2);
        fixed (byte* values = _parameters.Values.bytes, gradients = _parameters.Gradients.bytes)
        fixed (byte* first = FirstMoment.bytes, second = SecondMoment.bytes, mean = Mean.bytes)
        {
            var (p, g, m, v, e) = ((nint)values, (nint)gradients, (nint)first, (nint)second, (nint)mean);
            Parallel.For(0, Pieces(end - begin), piece =>
            {
                var last = Math.Min(end, begin + ((piece + 1) * Piece));
                for (var at = begin + (piece * Piece); at < last; at += Vector<float>.Count)
                {
                    var gradient = At(g, at) * scale;
                    var moment = (At(m, at) * beta1) + (gradient * (1 - beta1));
                    var square = (At(v, at) * beta2) + (gradient * gradient * (1 - beta2));
                    var value = (At(p, at) * decay) - (size * moment / ((Vector.SquareRoot(square) * root) + new Vector<float>((float)Eps)));
                    (At(m, at), At(v, at), At(p, at)) = (moment, square, value);
                    At(e, at) = (At(e, at) * keep) + (value * (1 - keep));
                    At(g, at) = Vector<float>.Zero;
                }
            });
        }
    }

    private static unsafe ref Vector<float> At(nint numbers, int index) => ref *(Vector<float>*)((float*)numbers + index);

    private static int Pieces(int length) => (length + Piece - 1) / Piece;
}

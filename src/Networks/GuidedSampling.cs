using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>From noise to latents: the network once a step, away from what it says of the negative prompt, and the solver.</summary>
public static class GuidedSampling
{
    /// <param name="latents">Noise in fp32, [B, channels, height, width]; solver and guidance stay in fp32.</param>
    /// <param name="guidance">How far beyond the negative prompt; up to 1 there is none, and the network sees half the rows.</param>
    /// <param name="velocity">
    /// The network, on latents in its own type and timesteps in fp32; with guidance on the negative rows, then the others.
    /// </param>
    /// <param name="type">The network's.</param>
    /// <param name="timestepScale">See <see cref="SanaConfig"/>.</param>
    /// <param name="progress">Told of each step that is done, from 1 on.</param>
    /// <returns>fp32, as the noise; the caller's to dispose of.</returns>
    /// <exception cref="OperationCanceledException">Between two steps.</exception>
    public static Tensor Run(
        DpmSolver solver, Tensor latents, double guidance, Func<Tensor, Tensor, Watch?, Tensor> velocity, ScalarType type,
        double timestepScale = 1, Action<int>? progress = null, Watch? watch = null, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        var (sample, clean) = (latents, (Tensor?)null);
        for (var i = 0; i < solver.Steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            Watch? first = i == 0 && watch is not null ? (name, value) => watch($"step_00.{name}", value) : null;
            var rows = guidance > 1 ? cat([sample, sample], dim: 0) : sample;
            var timestep = full([rows.shape[0]], solver.Timesteps[i], float32, rows.device) * timestepScale;
            first?.Invoke("transformer_timestep", timestep);
            var output = velocity(rows.to(type), timestep, first);
            first?.Invoke("model_output", output);
            output = output.to(float32);
            if (guidance > 1)
            {
                var two = output.chunk(2, dim: 0);
                output = two[0] + (guidance * (two[1] - two[0]));
            }

            var next = solver.Step(i, output, sample, clean);
            if (i > 0)
                sample.Dispose();
            clean?.Dispose();
            (sample, clean) = (next.Sample.MoveToOuterDisposeScope(), next.Clean.MoveToOuterDisposeScope());
            watch?.Invoke($"latents_after_step_{i + 1:00}", sample);
            progress?.Invoke(i + 1);
        }

        return sample.DetachFromDisposeScope();
    }
}

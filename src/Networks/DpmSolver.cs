using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>
/// DPM-Solver++ (arXiv 2211.01095), second order with midpoints, on the sigmas of a flow, as diffusers'
/// DPMSolverMultistepScheduler runs it with the scheduler_config.json of the SANA family. It keeps no state.
/// </summary>
public sealed class DpmSolver
{
    /// <param name="flowShift">Above 1 spends more of the steps at high noise.</param>
    /// <param name="trainSteps">What timesteps count up to.</param>
    public DpmSolver(double flowShift, int trainSteps, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var spacing = ((1.0 / trainSteps) - 1.0) / steps;
        var exact = Enumerable.Range(0, steps).Reverse().Select(i =>
        {
            // From the noisiest on: the cleanest of the steps + 1 places is left out.
            var sigma = 1.0 - (i + 1 == steps ? 1.0 / trainSteps : ((i + 1) * spacing) + 1.0);
            return flowShift * sigma / (1 + ((flowShift - 1) * sigma));
        }).ToList();
        Sigmas = [.. exact.Select(sigma => (float)sigma), 0];
        Timesteps = [.. exact.Select(sigma => (long)(sigma * trainSteps))];
    }

    public int Steps => Timesteps.Count;

    /// <summary>The share of noise at each step, then 0: one more than there are steps.</summary>
    public IReadOnlyList<float> Sigmas { get; }

    /// <summary>What the network is told at each step: the sigmas as whole numbers, cut off and not rounded.</summary>
    public IReadOnlyList<long> Timesteps { get; }

    /// <param name="folder">That with a scheduler_config.json.</param>
    /// <exception cref="CheckpointException">It is another solver's, or no published checkpoint has the setting that it names.</exception>
    public static DpmSolver Read(string folder, int steps)
    {
        var json = ModelConfig.Read(Path.Combine(folder, "scheduler_config.json"));
        json.OneOf("algorithm_type", "\"dpmsolver++\"");
        json.OneOf("prediction_type", "\"flow_prediction\"");
        json.OneOf("solver_order", "2");
        json.OneOf("solver_type", "\"midpoint\"");
        json.OneOf("final_sigmas_type", "\"zero\"");
        json.OneOf("use_flow_sigmas", "true");
        foreach (var off in new[]
            {
                "thresholding", "use_karras_sigmas", "use_lu_lambdas", "use_exponential_sigmas", "use_beta_sigmas",
                "use_dynamic_shifting", "rescale_betas_zero_snr",
            })
        {
            json.OneOf(off, "false");
        }

        var solver = new DpmSolver(json.Number("flow_shift"), json.Integer("num_train_timesteps"), steps);
        // Of betas and spacing nothing is used with the sigmas of a flow; with a last sigma of 0 the last step is of first order anyway.
        json.RefuseOthers("beta_start", "beta_end", "beta_schedule", "trained_betas", "timestep_spacing", "steps_offset", "variance_type",
            "lambda_min_clipped", "dynamic_thresholding_ratio", "sample_max_value", "lower_order_final", "euler_at_final",
            "time_shift_type");
        return solver;
    }

    /// <summary>One step of the sample from <c>Sigmas[step]</c> to <c>Sigmas[step + 1]</c>.</summary>
    /// <param name="velocity">What the network said of the sample.</param>
    /// <param name="before">The clean sample that the step before predicted; null at the first.</param>
    /// <returns>The next sample, in the velocity's type, and the clean sample as it is predicted now.</returns>
    public (Tensor Sample, Tensor Clean) Step(int step, Tensor velocity, Tensor sample, Tensor? before)
    {
        using var scope = NewDisposeScope();
        var clean = sample - (Sigmas[step] * velocity);
        var (alpha, lambda) = At(step + 1);
        var h = lambda - At(step).Lambda;
        var ratio = Sigmas[step + 1] / Sigmas[step];
        var share = alpha * (MathF.Exp(-h) - 1);
        var next = (ratio * sample.to(float32)) - (share * clean);
        if (before is not null && step < Steps - 1)
        {
            var behind = At(step).Lambda - At(step - 1).Lambda;
            next -= 0.5f * share * (1 / (behind / h) * (clean - before));
        }

        return (next.to(clean.dtype).MoveToOuterDisposeScope(), clean.MoveToOuterDisposeScope());
    }

    private (float Alpha, float Lambda) At(int step)
    {
        var sigma = Sigmas[step];
        return (1 - sigma, MathF.Log(1 - sigma) - MathF.Log(sigma));
    }
}

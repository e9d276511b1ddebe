using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

internal static class DpmSolverKind
{
    /// <summary>With the closed-form model that case.json describes.</summary>
    public static void Run(GoldenRun run)
    {
        var solver = DpmSolver.Read(run.Model("scheduler"), run.Arguments.GetProperty("num_inference_steps").GetInt32());
        var constants = run.Stored("in.model_constants").view(3, 1, -1, 1, 1);
        var latents = run.Input("in.latents");
        Tensor? clean = null;
        for (var i = 0; i < solver.Steps; i++)
        {
            var velocity = (((latents.to(float32) * constants[0]).tanh() * constants[1])
                + (constants[2] * (solver.Timesteps[i] / 1000f))).to(run.Type);
            run.Report($"model_output.{i}", velocity);
            (latents, clean) = solver.Step(i, velocity, latents, clean);
            run.Report($"latents.{i}", latents);
        }

        run.Report("out.latents", latents);
    }

    public static void RunSchedule(GoldenRun run)
    {
        foreach (var steps in run.Arguments.GetProperty("steps").EnumerateArray().Select(steps => steps.GetInt32()))
        {
            var solver = DpmSolver.Read(run.Model("scheduler"), steps);
            run.Report($"out.timesteps.{steps}", tensor(solver.Timesteps.ToArray()));
            run.Report($"out.sigmas.{steps}", tensor(solver.Sigmas.ToArray()));
        }
    }
}

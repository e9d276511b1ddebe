using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>
/// Draws cards of what <see cref="GeneratorModel"/> imagines. Of the context it reads the feedback, never the images.
/// </summary>
public sealed class SimulatedGenerator(ModelConfiguration model, Placement placement, GeneratorParameters parameters)
    : SimulatedModel<DrawRequest, Drawing>(model, placement), IGenerator
{
    private readonly GeneratorModel _model = new(parameters);

    protected override Drawing Answer(DrawRequest request)
    {
        var scene = _model.Draw(request.Prompt, request.Seed, request.Context.Select(c => c.Feedback));
        return new(PngWriter.Encode(CardPainter.Paint(scene)), parameters.FunctionEvaluations, parameters.DeviceSeconds);
    }
}

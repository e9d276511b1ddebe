using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>
/// Draws the scene that <see cref="GeneratorModel"/> imagines. Of the context it reads the feedback, never the images.
/// </summary>
public sealed class SimulatedGenerator : IGenerator
{
    private readonly SimulatedService<DrawRequest, Drawing> _service;

    public SimulatedGenerator(GeneratorParameters parameters)
    {
        var model = new GeneratorModel(parameters);
        _service = new(request =>
        {
            var scene = model.Draw(request.Prompt, request.Seed, request.Context.Select(c => c.Feedback));
            var png = PngWriter.Encode(CardPainter.Paint(scene));
            return new Drawing(png, parameters.FunctionEvaluations, parameters.DeviceSeconds);
        });
    }

    public Task<Drawing> DrawAsync(DrawRequest request, ModelCall call) =>
        _service.AskAsync(request, call);
}

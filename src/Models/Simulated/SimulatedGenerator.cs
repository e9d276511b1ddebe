using ReflectDiT.Eval.Models.Imaging;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>
/// Draws the scene that <see cref="GeneratorModel"/> imagines. Of the context it reads the feedback, never the images.
/// </summary>
public sealed class SimulatedGenerator(GeneratorParameters parameters) : IGenerator
{
    private readonly GeneratorModel _model = new(parameters);

    public Task<Drawing> DrawAsync(DrawRequest request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var scene = _model.Draw(request.Prompt, request.Seed, request.Context.Select(c => c.Feedback));
        var png = PngWriter.Write(CardPainter.Paint(scene));
        return Task.FromResult(new Drawing(png, parameters.FunctionEvaluations, parameters.DeviceSeconds));
    }
}

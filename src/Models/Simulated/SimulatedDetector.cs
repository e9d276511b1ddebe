using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Finds the cards in a simulated image: class, box, colour and confidence from the pixels alone.</summary>
public sealed class SimulatedDetector(ModelConfiguration model, Placement placement)
    : SimulatedModel<DetectRequest, Detected>(model, placement), IDetector
{
    protected override Detected Answer(DetectRequest request) => new(CardReader.Read(request.Image).Detections());
}

using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Finds the cards in a simulated image: class, box, colour and confidence from the pixels alone.</summary>
public sealed class SimulatedDetector : IDetector
{
    public Task<IReadOnlyDictionary<string, IReadOnlyList<Detection>>> DetectAsync(
        ReadOnlyMemory<byte> image, ModelCall call)
    {
        call.Cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(CardReader.Read(image).Detections());
    }
}

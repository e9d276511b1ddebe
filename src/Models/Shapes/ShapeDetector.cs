using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Models.Shapes;

/// <summary>Finds the objects of the world of shapes by their pixels, on all cores.</summary>
public sealed class ShapeDetector : IDetector
{
    /// <exception cref="NotSupportedException">The placement says what only a model with weights has.</exception>
    public ShapeDetector(ModelConfiguration model, Placement placement)
    {
        if ((placement.Path ?? placement.Url?.ToString()) is { } place)
        {
            throw new NotSupportedException($"a '{model.Kind}' has no weights and no server: its placement says {place}");
        }

        Batches = new(model.Batch ?? 32, placement.Concurrency ?? 1);
    }

    public string Digest => PixelDetector.Digest;

    public BatchPolicy Batches { get; }

    public bool UsesSeed => false;

    public Task<IReadOnlyList<Detected>> AnswerAsync(IReadOnlyList<DetectRequest> requests, CancellationToken withdrawn)
    {
        var answers = new Detected[requests.Count];
        if (answers.Length == 1)
        {
            answers[0] = Answer(requests[0]); // its exception as it is
        }
        else
        {
            Parallel.For(0, answers.Length, i => answers[i] = Answer(requests[i]));
        }

        return Task.FromResult<IReadOnlyList<Detected>>(answers);
    }

    public void Dispose()
    {
        // Nothing is held.
    }

    private static Detected Answer(DetectRequest request) =>
        new(PixelDetector.Find(ImageReader.Decode(request.Image, mostPixels: 4 * Scene.Size * Scene.Size)));
}

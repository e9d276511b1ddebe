using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Runner.Tests.Guides;

/// <summary>Draws a square of one colour, whatever the prompt is; with a past image in context another one.</summary>
public sealed class BluntGenerator(ModelConfiguration model, Placement placement, BluntParameters parameters) : IGenerator
{
    /// <summary>The SHA-256 of the weights. This model has none: its parameters stand for them.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{parameters}")));

    /// <summary>The host collects requests of all chains into batches of this size.</summary>
    public BatchPolicy Batches { get; } = new(model.Batch ?? 1, placement.Concurrency ?? 1);

    /// <summary>What it draws may depend on the request alone: not on the batch, the time or earlier requests.</summary>
    public Task<IReadOnlyList<Drawing>> AnswerAsync(IReadOnlyList<DrawRequest> requests, CancellationToken withdrawn) =>
        Task.FromResult<IReadOnlyList<Drawing>>([.. requests.Select(Draw)]);

    /// <summary>A network frees its memory here.</summary>
    public void Dispose()
    {
    }

    private Drawing Draw(DrawRequest request)
    {
        var colour = SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Seed} {request.Context.Count}"))[..3];
        var pixels = Enumerable.Repeat(colour, parameters.Side * parameters.Side).SelectMany(pixel => pixel).ToArray();
        return new(PngWriter.Encode(new RgbImage(parameters.Side, parameters.Side, pixels)), FunctionEvaluations: 1, DeviceSeconds: 0);
    }
}

/// <summary>The model's file of parameters, {"model": "blunt", "side": 64}: all that changes an image.</summary>
public sealed record BluntParameters(string Model, int Side);

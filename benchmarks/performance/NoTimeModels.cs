using System.Security.Cryptography;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Models;

namespace ReflectDiT.Eval.Performance;

/// <summary>Models that take no time: what is left is what the harness itself takes.</summary>
internal sealed class NoTimeModels : IGenerator, IJudge, IDetector
{
    /// <summary>About that of a simulated image.</summary>
    private const int ImageBytes = 1500;

    private static readonly IReadOnlyDictionary<string, IReadOnlyList<Detection>> Found =
        new Dictionary<string, IReadOnlyList<Detection>>
        {
            ["bench"] = [new(10, 20, 60, 80, 0.95f, null)],
            ["dog"] = [new(100, 20, 160, 80, 0.9f, "red")],
        };

    /// <summary>Bytes that no other seed has, and that do not compress.</summary>
    public Task<Drawing> DrawAsync(DrawRequest request, ModelCall call)
    {
        var image = new byte[ImageBytes];
        var block = SHA256.HashData(BitConverter.GetBytes(request.Seed));
        for (var start = 0; start < image.Length; start += block.Length)
        {
            block.AsSpan(0, Math.Min(block.Length, image.Length - start)).CopyTo(image.AsSpan(start));
        }

        return Task.FromResult(new Drawing(image, 40, 0));
    }

    /// <summary>Rejects everything, with one of seven sentences: chains get as long, and contexts as full, as can be.</summary>
    public Task<Judgement> JudgeAsync(JudgeRequest request, ModelCall call) => Task.FromResult(new Judgement(
        new Verdict(false, 0.25, 0.75, $"There should be {request.Seed % 7} dogs."), "No, not so.", 1400, 0));

    public Task<IReadOnlyDictionary<string, IReadOnlyList<Detection>>> DetectAsync(
        ReadOnlyMemory<byte> image, ModelCall call) => Task.FromResult(Found);
}

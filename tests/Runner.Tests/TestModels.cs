using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Models;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>
/// Models whose answers are hashes of all that they are given: a wrong seed, context or order anywhere in a chain
/// changes every image after it.
/// </summary>
internal sealed class TestModels : IGenerator, IJudge, IDetector
{
    /// <summary>Called before each image is drawn; may throw, wait or stop a run.</summary>
    public Func<DrawRequest, Task> BeforeDraw { get; init; } = _ => Task.CompletedTask;

    /// <summary>What the judge says of an image that it rejects; null for one of five sentences.</summary>
    public Func<JudgeRequest, string>? Feedback { get; init; }

    public async Task<Drawing> DrawAsync(DrawRequest request, ModelCall call)
    {
        await BeforeDraw(request);
        var text = new StringBuilder($"{request.Prompt}\n{request.Seed}\n");
        foreach (var item in request.Context)
        {
            text.Append($"{Convert.ToHexString(SHA256.HashData(item.Image.Span))} {item.Feedback}\n");
        }

        return new(Encoding.UTF8.GetBytes(text.ToString()), 40, 1.25);
    }

    public Task<Judgement> JudgeAsync(JudgeRequest request, ModelCall call)
    {
        var hash = Hash(request.Image, $"{request.Seed}");
        var score = hash[0] / 255.0;
        var accepted = score > 0.8;
        return Task.FromResult(new Judgement(
            new Verdict(accepted, score, 1 - score, accepted ? "" : Feedback?.Invoke(request) ?? $"fault {hash[1] % 5}"), "text", 1400, 0.25));
    }

    /// <summary>Finds the prompt's class in one image of three.</summary>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<Detection>>> DetectAsync(
        ReadOnlyMemory<byte> image, ModelCall call)
    {
        var hash = Hash(image, "");
        var prompt = Encoding.UTF8.GetString(image.Span).Split('\n')[0];
        var found = ObjectNames.All.Where(name => hash[0] % 3 == 0 && prompt.EndsWith(name, StringComparison.Ordinal));
        return Task.FromResult<IReadOnlyDictionary<string, IReadOnlyList<Detection>>>(
            found.ToDictionary(name => name, IReadOnlyList<Detection> (_) => [new(1, 2, 30, 40, 0.95f, null)]));
    }

    private static byte[] Hash(ReadOnlyMemory<byte> image, string more) =>
        SHA256.HashData([.. image.Span, .. Encoding.UTF8.GetBytes(more)]);
}

using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>
/// Models whose answers are hashes of all that they are given: a wrong seed, context or order anywhere in a chain
/// changes every image after it.
/// </summary>
internal sealed class TestModels : IModelKinds
{
    /// <summary>Called before each image is drawn; may throw, wait or stop a run.</summary>
    public Func<DrawRequest, Task> BeforeDraw { get; init; } = _ => Task.CompletedTask;

    /// <summary>What the judge says of an image that it rejects; null for one of five sentences.</summary>
    public Func<JudgeRequest, string>? Feedback { get; init; }

    /// <summary>What becomes of a model's answers before they are given; may be anything.</summary>
    public Func<DrawRequest, Drawing, Drawing> Drawn { get; init; } = (_, drawing) => drawing;

    public Func<JudgeRequest, Judgement, Judgement> Judged { get; init; } = (_, judgement) => judgement;

    public Func<DetectRequest, Detected, Detected> Found { get; init; } = (_, detected) => detected;

    public Func<AnswerRequest, Answer, Answer> Answered { get; init; } = (_, answer) => answer;

    /// <summary>Called before a detector looks at an image; may throw or wait.</summary>
    public Func<DetectRequest, Task> BeforeDetect { get; init; } = _ => Task.CompletedTask;

    /// <summary>Called with the requests of each batch of the generator.</summary>
    public Action<IReadOnlyList<DrawRequest>> Batch { get; init; } = _ => { };

    /// <summary>Called before a model is loaded; may throw or take long.</summary>
    public Action BeforeLoad { get; init; } = () => { };

    /// <summary>Of the generator.</summary>
    public string Digest { get; init; } = new('d', 64);

    /// <summary>How the generator may be asked.</summary>
    public BatchPolicy Batches { get; init; } = new(1, AtOnce: 64);

    public IGenerator Generator(ModelConfiguration model, Placement placement)
    {
        BeforeLoad();
        return new OfGenerator(this);
    }

    public IJudge Judge(ModelConfiguration model, Placement placement) => new OfJudge(this);

    public IDetector Detector(ModelConfiguration model, Placement placement) => new OfDetector(this);

    public IAnswerer Answerer(ModelConfiguration model, Placement placement) => new OfAnswerer(this);

    private static byte[] Hash(ReadOnlyMemory<byte> image, string more) =>
        SHA256.HashData([.. image.Span, .. Encoding.UTF8.GetBytes(more)]);

    private sealed class OfGenerator(TestModels models) : IGenerator
    {
        public string Digest => models.Digest;

        public BatchPolicy Batches => models.Batches;

        public async Task<IReadOnlyList<Drawing>> AnswerAsync(IReadOnlyList<DrawRequest> requests, CancellationToken withdrawn)
        {
            models.Batch(requests);
            var drawings = new List<Drawing>();
            foreach (var request in requests)
            {
                await models.BeforeDraw(request);
                var text = new StringBuilder($"{request.Prompt}\n{request.Seed}\n");
                foreach (var item in request.Context)
                {
                    text.Append($"{Convert.ToHexString(SHA256.HashData(item.Image.Span))} {item.Feedback}\n");
                }

                drawings.Add(models.Drawn(request, new(Encoding.UTF8.GetBytes(text.ToString()), 40, 1.25)));
            }

            return drawings;
        }

        public void Dispose()
        {
        }
    }

    private sealed class OfJudge(TestModels models) : IJudge
    {
        public string Digest { get; } = new('d', 64);

        public BatchPolicy Batches { get; } = new(1, AtOnce: 64);

        public Task<IReadOnlyList<Judgement>> AnswerAsync(IReadOnlyList<JudgeRequest> requests, CancellationToken withdrawn) =>
            Task.FromResult<IReadOnlyList<Judgement>>([.. requests.Select(request =>
            {
                var hash = Hash(request.Image, $"{request.Seed}");
                var score = hash[0] / 255.0;
                var accepted = score > 0.8;
                var feedback = accepted ? "" : models.Feedback?.Invoke(request) ?? $"fault {hash[1] % 5}";
                return models.Judged(request, new(new Verdict(accepted, score, 1 - score, feedback), "text", 1400, 0.25));
            })]);

        public void Dispose()
        {
        }
    }

    /// <summary>Finds the prompt's class in one image of three.</summary>
    private sealed class OfDetector(TestModels models) : IDetector
    {
        public string Digest { get; } = new('d', 64);

        public BatchPolicy Batches { get; } = new(1, AtOnce: 64);

        public async Task<IReadOnlyList<Detected>> AnswerAsync(IReadOnlyList<DetectRequest> requests, CancellationToken withdrawn)
        {
            foreach (var request in requests)
            {
                await models.BeforeDetect(request);
            }

            return [.. requests.Select(request =>
            {
                var hash = Hash(request.Image, "");
                var prompt = Encoding.UTF8.GetString(request.Image.Span).Split('\n')[0];
                var found = ObjectNames.All.Where(name => hash[0] % 3 == 0 && prompt.EndsWith(name, StringComparison.Ordinal));
                return models.Found(request, new(found.ToDictionary(
                    name => name, IReadOnlyList<Detection> (_) => [new(1, 2, 30, 40, 0.95f, null)])));
            })];
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Says yes to one question of two.</summary>
    private sealed class OfAnswerer(TestModels models) : IAnswerer
    {
        public string Digest { get; } = new('d', 64);

        public BatchPolicy Batches { get; } = new(1, AtOnce: 64);

        public Task<IReadOnlyList<Answer>> AnswerAsync(IReadOnlyList<AnswerRequest> requests, CancellationToken withdrawn) =>
            Task.FromResult<IReadOnlyList<Answer>>([.. requests.Select(request =>
            {
                var hash = Hash(request.Image, request.Question);
                return models.Answered(request, new(hash[0] % 2 == 0 ? "yes" : "no", hash[1] / 255.0, 1400, 0.25));
            })]);

        public void Dispose()
        {
        }
    }
}

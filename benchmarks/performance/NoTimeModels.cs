using System.Security.Cryptography;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Performance;

/// <summary>Models that take no time: what is left is what the harness itself takes.</summary>
internal sealed class NoTimeModels : IModelKinds
{
    public IGenerator Generator(ModelConfiguration model, Placement placement) => new OfGenerator();

    public IJudge Judge(ModelConfiguration model, Placement placement) => new OfJudge();

    public IDetector Detector(ModelConfiguration model, Placement placement) => new OfDetector();

    public IAnswerer Answerer(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

    /// <summary>Bytes that no other seed has, and that do not compress.</summary>
    private sealed class OfGenerator : NoTime<DrawRequest, Drawing>, IGenerator
    {
        /// <summary>About that of a simulated image.</summary>
        private const int ImageBytes = 1500;

        protected override Drawing Answer(DrawRequest request)
        {
            var image = new byte[ImageBytes];
            var block = SHA256.HashData(BitConverter.GetBytes(request.Seed));
            for (var start = 0; start < image.Length; start += block.Length)
            {
                block.AsSpan(0, Math.Min(block.Length, image.Length - start)).CopyTo(image.AsSpan(start));
            }

            return new(image, 40, 0);
        }
    }

    /// <summary>Rejects everything, with one of seven sentences: chains get as long, and contexts as full, as can be.</summary>
    private sealed class OfJudge : NoTime<JudgeRequest, Judgement>, IJudge
    {
        protected override Judgement Answer(JudgeRequest request) => new(
            new Verdict(false, 0.25, 0.75, $"There should be {request.Seed % 7} dogs."), "No, not so.", 1400, 0);
    }

    private sealed class OfDetector : NoTime<DetectRequest, Detected>, IDetector
    {
        private static readonly Detected Found = new(new Dictionary<string, IReadOnlyList<Detection>>
        {
            ["bench"] = [new(10, 20, 60, 80, 0.95f, null)],
            ["dog"] = [new(100, 20, 160, 80, 0.9f, "red")],
        });

        protected override Detected Answer(DetectRequest request) => Found;
    }

    private abstract class NoTime<TRequest, TAnswer> : IModel<TRequest, TAnswer>
    {
        public string Digest { get; } = new('d', 64);

        public BatchPolicy Batches { get; } = new(32);

        public Task<IReadOnlyList<TAnswer>> AnswerAsync(IReadOnlyList<TRequest> requests, CancellationToken withdrawn) =>
            Task.FromResult<IReadOnlyList<TAnswer>>([.. requests.Select(Answer)]);

        public void Dispose()
        {
        }

        protected abstract TAnswer Answer(TRequest request);
    }
}

using System.Diagnostics;
using System.Security.Cryptography;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>
/// Draws with SANA, or with Reflect-DiT. Its placement's path is a snapshot as diffusers lays it out; that of a Reflect-DiT
/// has SigLIP in a folder <c>vision_encoder</c> beside the others. A drawing's bits do not depend on its batch: batches
/// have one size, filled up with their first request, and contexts one of a few lengths, which a request alone decides.
/// </summary>
public sealed class SanaGenerator : IGenerator
{
    /// <summary>Contexts are padded to a multiple of it.</summary>
    private const int ContextUnit = 64;

    /// <summary>So many past images stay encoded, and twice as many texts.</summary>
    private const int Remembered = 64;

    private readonly SanaPipeline _pipeline;
    private readonly SanaParameters _parameters;
    private readonly SanaSettings _settings;
    private readonly int _batch;
    private readonly (int Height, int Width) _size;
    private readonly EncodedText _negative;
    private readonly Encodings<EncodedText> _texts = new(2 * Remembered);
    private readonly Encodings<Tensor> _images = new(Remembered);

    /// <exception cref="NotSupportedException">The placement names no folder, or what no such model has.</exception>
    /// <exception cref="CheckpointException">The folder does not hold what it should.</exception>
    public SanaGenerator(ModelConfiguration model, Placement placement, SanaParameters parameters)
    {
        var folders = Folders(model, placement, parameters);
        var type = NetworkDtype.Of(parameters.Dtype);
        Digest = FileDigests.OfThisUser.Of(folders.Files());
        (_parameters, _batch, _settings) = (parameters, model.Batch ?? 1, new(parameters.Steps, parameters.Guidance, parameters.PromptTokens));
        Batches = new(_batch);
        Libtorch.Load();
        _pipeline = SanaPipeline.Load(
            folders, type, EncoderType(type), torch.device(placement.Device ?? Placement.Processor),
            model.Kind != ModelConfiguration.ReflectDit ? null : parameters.Quirks == "clean" ? ReflectionQuirks.Clean : ReflectionQuirks.Paper,
            offload: placement.Offload == true);
        _size = _pipeline.SizeOf(parameters.Height, parameters.Width);
        using var mode = inference_mode();
        _negative = _pipeline.Text.Encode([""], "", _settings.PromptTokens);
    }

    /// <summary>What it takes of its device, by configurations and headers; nothing is loaded.</summary>
    /// <exception cref="NotSupportedException">The placement names no folder, or what no such model has.</exception>
    /// <exception cref="CheckpointException">The folder does not hold what it should.</exception>
    public static SanaMemory Memory(ModelConfiguration model, Placement placement, SanaParameters parameters)
    {
        var type = NetworkDtype.Of(parameters.Dtype);
        return SanaMemory.Of(
            Folders(model, placement, parameters), type, EncoderType(type), parameters.Height, parameters.Width, model.Batch ?? 1);
    }

    /// <summary>Told of each step that a batch has done, from 1 on.</summary>
    public Action<int>? Progress { get; init; }

    public string Digest { get; }

    public BatchPolicy Batches { get; }

    /// <summary>Those with contexts of about the same length; plain SANA looks at none.</summary>
    public string BatchKey(DrawRequest request) => $"{PadTo(request)}";

    /// <summary>Occupies its thread: nothing here waits for anything but the device.</summary>
    public Task<IReadOnlyList<Drawing>> AnswerAsync(IReadOnlyList<DrawRequest> requests, CancellationToken withdrawn)
    {
        var drawings = new Drawing[requests.Count];
        foreach (var alike in requests.Index().GroupBy(request => BatchKey(request.Item)))
        {
            foreach (var batch in alike.Chunk(_batch))
            {
                var drawn = Draw([.. batch.Select(request => request.Item)], withdrawn);
                foreach (var (request, drawing) in batch.Zip(drawn))
                    drawings[request.Index] = drawing;
            }
        }

        return Task.FromResult<IReadOnlyList<Drawing>>(drawings);
    }

    public void Dispose()
    {
        _negative.Dispose();
        _texts.Dispose();
        _images.Dispose();
        _pipeline.Dispose();
    }

    private static SanaFolders Folders(ModelConfiguration model, Placement placement, SanaParameters parameters) =>
        placement is { Path: { } folder, Url: null }
            ? SanaFolders.Of(folder, images: model.Kind == ModelConfiguration.ReflectDit, parameters.Variant == "none" ? null : parameters.Variant) with
            {
                Transformer = Path.Combine(folder, parameters.Transformer),
            }
            : throw new NotSupportedException($"a '{model.Kind}' is in a folder: its placement needs a path, and takes no url");

    /// <summary>What encodes and decodes overflows in fp16.</summary>
    private static ScalarType EncoderType(ScalarType type) => type == ScalarType.Float32 ? type : ScalarType.BFloat16;

    private IEnumerable<Drawing> Draw(List<DrawRequest> requests, CancellationToken withdrawn)
    {
        var began = Stopwatch.GetTimestamp();
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        List<DrawRequest> rows = [.. requests, .. Enumerable.Repeat(requests[0], _batch - requests.Count)];
        // All texts before all images: where they take turns on the device, each encoder comes once.
        var prompts = rows.Select(row => _texts.Of($"prompt {row.Prompt}", () => _pipeline.Text.Encode(
            [row.Prompt], _parameters.Instruction == "none" ? "" : PublishedText.SanaInstruction, _settings.PromptTokens))).ToList();
        var feedback = rows.Select(row => Past(row).Select(past => _texts.Of(
            $"feedback {past.Feedback}", () => _pipeline.EncodeFeedback(past.Feedback, FeedbackInstruction, _parameters.FeedbackTokens))).ToList()).ToList();
        var images = rows.Select(row => Past(row).Select(past => _images.Of(
            Convert.ToHexStringLower(SHA256.HashData(past.Image.Span)),
            () => _pipeline.EncodeImage(ImageReader.Decode(past.Image), _parameters.ImageTokens))));
        List<IReadOnlyList<EncodedPair>> contexts =
            [.. images.Zip(feedback, (row, texts) => row.Zip(texts, (image, text) => new EncodedPair(image, text)).ToList())];
        var together = new EncodedText(cat([.. prompts.Select(p => p.States)], dim: 0), cat([.. prompts.Select(p => p.Mask)], dim: 0));
        var noise = _pipeline.Noise(rows.Select(row => (ulong)row.Seed), _size.Height, _size.Width);
        var latents = _pipeline.Denoise(
            noise, together, _negative, contexts, _settings, PadTo(requests[0]), Progress, cancellation: withdrawn);
        noise.Dispose();
        var files = new List<byte[]>();
        for (var i = 0; i < requests.Count; i++)
        {
            withdrawn.ThrowIfCancellationRequested();
            using var one = NewDisposeScope();
            // One by one: the largest tensors of all are the decoder's.
            var decoded = DecodedImage.Fit(_pipeline.Decode(latents.narrow(0, i, 1)), _parameters.Height, _parameters.Width);
            files.Add(PngWriter.Encode(DecodedImage.ToImages(DecodedImage.ToBytes(DecodedImage.ToUnit(decoded)))[0]));
        }

        latents.Dispose();
        _texts.Trim();
        _images.Trim();
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds / requests.Count;
        var evaluations = _parameters.Steps * (_parameters.Guidance > 1 ? 2 : 1);
        return files.Select(file => new Drawing(file, evaluations, seconds));
    }

    private string FeedbackInstruction => _parameters.FeedbackInstruction == "none" ? "" : _parameters.FeedbackInstruction;

    private IReadOnlyList<ContextImage> Past(DrawRequest request) => _pipeline.Reflects || request.Context.Count == 0
        ? request.Context
        : throw new NotSupportedException("plain SANA draws from a prompt alone: past images are for a 'reflect-dit'");

    private int PadTo(DrawRequest request)
    {
        if (!_pipeline.Reflects || request.Context.Count == 0)
            return 0;
        var tokens = _pipeline.ContextTokens(request.Context.Select(past => past.Feedback), _parameters.ImageTokens, FeedbackInstruction, _parameters.FeedbackTokens);
        return (tokens + ContextUnit - 1) / ContextUnit * ContextUnit;
    }

    /// <summary>What was encoded last: a past image serves every later attempt of its chain.</summary>
    private sealed class Encodings<T>(int most) : IDisposable
        where T : IDisposable
    {
        private readonly Dictionary<string, LinkedListNode<(string Key, T Value)>> _byKey = new(StringComparer.Ordinal);
        private readonly LinkedList<(string Key, T Value)> _byUse = [];

        public T Of(string key, Func<T> encode)
        {
            if (_byKey.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
            }
            else
            {
                node = new((key, encode()));
                _byKey.Add(key, node);
            }

            _byUse.AddFirst(node);
            return node.Value.Value;
        }

        /// <summary>Called between batches: what one holds must outlive it.</summary>
        public void Trim()
        {
            while (_byUse.Count > most)
            {
                var (key, value) = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _byKey.Remove(key);
                value.Dispose();
            }
        }

        public void Dispose()
        {
            foreach (var (_, value) in _byUse)
                value.Dispose();
            _byUse.Clear();
            _byKey.Clear();
        }
    }
}

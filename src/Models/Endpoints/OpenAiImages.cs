using System.Diagnostics;
using System.Text.Json;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// Draws with a model behind a server. Without a context it asks for a generation; a model that knows none is made to use one
/// by editing its past images, or by a prompt that is written anew.
/// </summary>
public sealed class OpenAiImages : IGenerator
{
    /// <summary>Bytes of an answer: an image of 64 megapixels in base64 is about as large.</summary>
    private const int LargestAnswer = 320 << 20;

    private readonly OpenAiImagesParameters _parameters;
    private readonly EndpointClient _client;
    private readonly PromptRewriter? _rewriter;
    private readonly SeedGuard _guard = new();

    /// <exception cref="NotSupportedException">The placement names no server, or what no such model has.</exception>
    /// <exception cref="ModelUnavailableException">The server cannot be asked, or has no such model.</exception>
    public OpenAiImages(Placement placement, OpenAiImagesParameters parameters, TimeProvider? time = null)
    {
        if (parameters.Fault is { } fault)
        {
            throw new NotSupportedException(fault);
        }

        _parameters = parameters;
        _client = new("generator", placement, time);
        try
        {
            Digest = ServedModel.Check(_client, parameters.Model);
            Batches = new(1, _client.Concurrency);
            _rewriter = parameters.Rewrite is { } rewrite
                ? new(WithoutLimits(placement), placement.Rewriter, rewrite, time)
                : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Of its name, not of its weights.</summary>
    public string Digest { get; }

    public BatchPolicy Batches { get; } = new(1);

    public Task<IDisposable?> AdmitAsync(CancellationToken withdrawn) => _client.AdmitAsync(withdrawn);

    public async Task<IReadOnlyList<Drawing>> AnswerAsync(IReadOnlyList<DrawRequest> requests, CancellationToken withdrawn)
    {
        var drawings = new List<Drawing>();
        foreach (var request in requests)
        {
            drawings.Add(await DrawAsync(request, withdrawn));
        }

        return drawings;
    }

    public void Dispose()
    {
        _client.Dispose();
        _rewriter?.Dispose();
    }

    /// <summary>Limits and prices are of one model.</summary>
    private static Placement WithoutLimits(Placement placement) => placement with
    {
        Rewriter = null,
        RequestsPerMinute = null,
        TokensPerMinute = null,
        PricePerRequest = null,
        PricePerMillionIn = null,
        PricePerMillionOut = null,
    };

    private async Task<Drawing> DrawAsync(DrawRequest request, CancellationToken withdrawn)
    {
        var began = Stopwatch.GetTimestamp();
        var seed = FoldedSeed.Of(request.Seed, request.EarlierSeeds, _parameters.SeedBits);
        var (written, priceOfWords) = request.Context.Count > 0 && _rewriter is not null ? await _rewriter.RewriteAsync(request, withdrawn) : (null, null);
        var (path, content) = Ask(request, written ?? request.Prompt, seed);
        var (answer, price) = await _client.PostAsync(path, content, LargestAnswer, withdrawn);
        var file = FileOf(answer);
        var image = Decode(file);
        if (request.Context.Count == 0)
        {
            _guard.See(request.Prompt, seed, file, image);
        }

        return new(
            IsPng(file) ? file : PngWriter.Encode(image),
            (_parameters.Steps ?? 0) * (_parameters.Guidance > 1 ? 2 : 1),
            Seconds(answer) ?? Stopwatch.GetElapsedTime(began).TotalSeconds)
        {
            Price = priceOfWords is null ? price : priceOfWords + (price ?? 0),
            Rewritten = written,
        };
    }

    private (string Path, HttpContent Content) Ask(DrawRequest request, string prompt, long seed)
    {
        if (request.Context.Count == 0 || _rewriter is not null)
        {
            return (ImagesRequest.Generations, ImagesRequest.Generation(_parameters, prompt, seed));
        }

        if (_parameters.Edit is not { } edit)
        {
            throw new NotSupportedException("it draws from a prompt alone: its parameters need 'edit' or 'rewrite' for an arm with past images");
        }

        IReadOnlyList<ContextImage> images = edit.Images == "all" ? request.Context : [request.Context[^1]];
        var asked = PromptTemplate.Fill(edit.Template, (PromptTemplate.Prompt, prompt), (PromptTemplate.Feedback, PromptTemplate.Of(images)));
        return (ImagesRequest.Edits, ImagesRequest.Edit(_parameters, asked, seed, images));
    }

    private static byte[] FileOf(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array
            || data.GetArrayLength() != 1 || data[0].ValueKind != JsonValueKind.Object)
        {
            throw new BadAnswerException("an answer without exactly one image in 'data'");
        }

        return data[0].TryGetProperty("b64_json", out var encoded) && encoded.ValueKind == JsonValueKind.String
            ? encoded.TryGetBytesFromBase64(out var file) ? file : throw new BadAnswerException("an image that is no base64")
            : throw new BadAnswerException(data[0].TryGetProperty("url", out _)
                ? "the address of an image instead of the image: nothing is fetched from addresses that a server names" : "no image in 'data'");
    }

    private RgbImage Decode(byte[] file)
    {
        RgbImage image;
        try
        {
            image = ImageReader.Decode(file);
        }
        catch (InvalidDataException e)
        {
            throw new BadAnswerException(e.Message);
        }

        return (image.Width, image.Height) == (_parameters.Width, _parameters.Height)
            ? image
            : throw new BadAnswerException(
                $"an image of {image.Width} x {image.Height} pixels; asked for were {_parameters.Width} x {_parameters.Height}");
    }

    private static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith((ReadOnlySpan<byte>)[0x89, .. "PNG\r\n\x1a\n"u8]);

    /// <summary>Of its device, as SGLang says it.</summary>
    private static double? Seconds(JsonElement answer) =>
        answer.TryGetProperty("inference_time_s", out var seconds) && seconds.ValueKind == JsonValueKind.Number ? seconds.GetDouble() : null;
}

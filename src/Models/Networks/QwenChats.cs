using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>
/// A Qwen2.5-VL that is told of images, one a chat, many chats at once. Its placement's path is the checkpoint's folder, with
/// the tokenizer. What it says does not depend on what shares its batch: batches have one size, filled up with their first
/// chat, and prompts one of a few lengths, which a chat alone decides.
/// </summary>
internal sealed class QwenChats : IDisposable
{
    /// <summary>Prompts are padded to a multiple of it.</summary>
    private const int PromptUnit = 16;

    private readonly QwenVl _network;
    private readonly Tokenizer _tokenizer;
    private readonly QwenImage _sight;
    private readonly QwenGeneration _rules;
    private readonly Device _device;
    private readonly int _batch;

    /// <exception cref="NotSupportedException">The placement names no folder.</exception>
    /// <exception cref="CheckpointException">The folder does not hold what it should.</exception>
    public QwenChats(ModelConfiguration model, Placement placement, string dtype)
    {
        var folder = FolderOf(model, placement);
        Digest = FileDigests.OfThisUser.Of(Files(folder));
        _batch = model.Batch ?? 1;
        _device = torch.device(placement.Device ?? Placement.Processor);
        Libtorch.Load();
        _tokenizer = Tokenizer.Open(folder);
        _sight = Sight(folder);
        _rules = QwenGeneration.Read(folder, maxTokens: 1);
        _network = QwenVl.Load(folder, NetworkDtype.Of(dtype), _device);
    }

    /// <summary>What it takes of its device, by its configuration and the headers of its files.</summary>
    /// <exception cref="NotSupportedException">The placement names no folder.</exception>
    /// <exception cref="CheckpointException">The folder does not hold what it should.</exception>
    public static long Memory(ModelConfiguration model, Placement placement)
    {
        // A judge's and an answerer's parameters have it alike.
        var dtype = model.Parameters!.Value.TryGetProperty("dtype", out var named) ? named.GetString()! : "bf16";
        var memory = QwenVl.Memory(FolderOf(model, placement), NetworkDtype.Of(dtype), model.Batch ?? 1);
        return memory.Weights + memory.Work;
    }

    public string Digest { get; }

    /// <summary>Chats may share a batch only where this is equal.</summary>
    /// <param name="texts">What is said of the image, each in a chat of its own.</param>
    public string Key(ReadOnlyMemory<byte> image, params ReadOnlySpan<string> texts)
    {
        var (height, width) = Grid(image);
        var key = $"{height} x {width}";
        foreach (var text in texts)
            key += $", {Padded(Ids(text, height * width).Length)}";
        return key;
    }

    /// <summary>Requests in the batches in which they may be served, and the answers in the order of the requests.</summary>
    public IReadOnlyList<TAnswer> InBatches<TRequest, TAnswer>(
        IReadOnlyList<TRequest> requests, Func<TRequest, string> key, Func<IReadOnlyList<TRequest>, IEnumerable<TAnswer>> serve)
    {
        var answers = new TAnswer[requests.Count];
        foreach (var alike in requests.Index().GroupBy(request => key(request.Item)))
        {
            foreach (var batch in alike.Chunk(_batch))
            {
                using var mode = inference_mode();
                using var scope = NewDisposeScope();
                List<TRequest> rows = [.. batch.Select(request => request.Item)];
                rows.AddRange(Enumerable.Repeat(rows[0], _batch - rows.Count));
                foreach (var (request, answer) in batch.Zip(serve(rows)))
                    answers[request.Index] = answer;
            }
        }

        return answers;
    }

    /// <summary>Looks at the images of a batch, within <see cref="InBatches"/>.</summary>
    public QwenSeen See(IEnumerable<ReadOnlyMemory<byte>> images)
    {
        var known = new Dictionary<ReadOnlyMemory<byte>, QwenPatches>();
        List<QwenPatches> patches = [];
        foreach (var image in images)
        {
            if (!known.TryGetValue(image, out var cut))
                known.Add(image, cut = QwenImage.Cut(_sight.Resize(ImageReader.DecodeOnWhite(image)), _sight.Patch));
            patches.Add(cut);
        }

        return new(patches, _network.See(patches));
    }

    /// <summary>What it says to each.</summary>
    /// <param name="texts">One for each image.</param>
    /// <param name="seeds">To draw tokens by; null to take the best.</param>
    /// <param name="accepts">Words with which an answer may begin, to be weighed against all others.</param>
    public IReadOnlyList<QwenWords> Say(
        QwenSeen seen, IReadOnlyList<string> texts, int maxTokens, CancellationToken withdrawn, IReadOnlyList<ulong>? seeds = null,
        double temperature = 1, string? accepts = null)
    {
        var (ids, mask, lengths) = Prompts(seen, texts);
        var logs = new List<float[]>(); // of each step and row
        var beginnings = new List<(double Accepts, double Others)>();
        Tensor? step = null;
        var rules = _rules with { MaxTokens = maxTokens, Seeds = seeds, Temperature = temperature };
        var tokens = _network.Generate(ids, mask, seen.Images, rules, Watch, seen.Tokens);
        var rows = tokens.cpu();
        return
        [
            .. lengths.Select((length, row) =>
            {
                var said = rows[row].data<long>().ToArray().TakeWhile(token => !rules.EndTokens.Contains((int)token)).Select(token => (int)token).ToList();
                var ended = said.Count < logs.Count ? 1 : 0;
                return new QwenWords(
                    _tokenizer.Decode(said, skipSpecial: true), Math.Exp(logs.Take(said.Count).Sum(rows => (double)rows[row])), length + said.Count + ended)
                {
                    Accepts = beginnings.ElementAtOrDefault(row).Accepts,
                    Others = beginnings.ElementAtOrDefault(row).Others,
                };
            }),
        ];

        void Watch(string name, Tensor value)
        {
            withdrawn.ThrowIfCancellationRequested();
            if (name == "logits" && accepts is not null && beginnings.Count == 0)
                beginnings.AddRange(Weigh(value, _tokenizer.Encode(accepts)[0]));
            if (name == "logits")
                step = nn.functional.log_softmax(value, -1);
            else if (name == "scores")
                logs.Add(step!.gather(1, value.argmax(-1, keepdim: true)).cpu().data<float>().ToArray());
        }
    }

    /// <summary>What it holds of two words as the beginning of its answer to each.</summary>
    /// <inheritdoc cref="Say"/>
    /// <returns>The logits of both, and the tokens of the prompt.</returns>
    public IReadOnlyList<(double First, double Second, int Tokens)> Weigh(QwenSeen seen, IReadOnlyList<string> texts, string first, string second)
    {
        var (ids, mask, lengths) = Prompts(seen, texts);
        var logits = _network.Next(ids, mask, seen.Images, seen.Tokens).cpu();
        var (a, b) = (_tokenizer.Encode(first)[0], _tokenizer.Encode(second)[0]);
        return [.. lengths.Select((length, row) => ((double)logits[row, a].item<float>(), (double)logits[row, b].item<float>(), length))];
    }

    public void Dispose() => _network.Dispose();

    /// <summary>The logit of a token and that of all others together, of each row.</summary>
    /// <param name="logits">[B, vocabulary]</param>
    private static IEnumerable<(double Token, double Others)> Weigh(Tensor logits, int token)
    {
        using var scope = NewDisposeScope();
        var own = logits.select(1, token).cpu();
        var others = cat([logits.narrow(1, 0, token), logits.narrow(1, token + 1, logits.shape[1] - token - 1)], 1).logsumexp(1).cpu();
        return [.. own.data<float>().Zip(others.data<float>(), (a, b) => ((double)a, (double)b))];
    }

    private static string FolderOf(ModelConfiguration model, Placement placement) => placement is { Path: { } folder, Url: null }
        ? folder
        : throw new NotSupportedException($"a '{model.Kind}' is in a folder: its placement needs a path, and takes no url");

    private static IEnumerable<(string Name, string Path)> Files(string folder)
    {
        using var checkpoint = Checkpoint.Open(folder);
        foreach (var path in checkpoint.Files)
            yield return (Path.GetFileName(path), path);
        foreach (var name in new[] { "config.json", "generation_config.json", "tokenizer.json", "preprocessor_config.json" })
        {
            if (Path.Combine(folder, name) is var path && (name != "preprocessor_config.json" || File.Exists(path)))
                yield return File.Exists(path) ? (name, path) : throw new CheckpointException($"{folder} holds no {name}");
        }
    }

    /// <summary>As published where the folder does not say how images are seen.</summary>
    private static QwenImage Sight(string folder)
    {
        if (Path.Combine(folder, "preprocessor_config.json") is var path && !File.Exists(path))
            return QwenImage.Published;
        var json = ModelConfig.Read(path);
        return new(
            json.Integer("min_pixels", QwenImage.Published.MinPixels),
            json.Integer("max_pixels", QwenImage.Published.MaxPixels),
            json.Integer("patch_size", QwenImage.Published.Patch));
    }

    private (int Height, int Width) Grid(ReadOnlyMemory<byte> image)
    {
        var (height, width) = ImageReader.SizeOnWhite(image);
        (height, width) = _sight.FitByUtilities(height, width);
        return _sight.GridOf(_sight.FitByProcessor(height, width));
    }

    private int[] Ids(string text, int imageTokens) => QwenChat.Encode(
        _tokenizer, [new ChatMessage("user", [ChatPart.Image(imageTokens), ChatPart.Of(text)])], generate: true);

    private static int Padded(int length) => (length + PromptUnit - 1) / PromptUnit * PromptUnit;

    /// <summary>
    /// Padded on the left with each prompt's own first token: padding is not looked at, and the penalty of what a prompt
    /// holds then falls on nothing that it would not fall on without.
    /// </summary>
    private (Tensor Ids, Tensor Mask, IReadOnlyList<int> Lengths) Prompts(QwenSeen seen, IReadOnlyList<string> texts)
    {
        var prompts = texts.Zip(seen.Images, (text, image) => Ids(text, image.Tokens)).ToList();
        var length = Padded(prompts.Max(prompt => prompt.Length));
        var (ids, mask) = (new long[prompts.Count * length], new long[prompts.Count * length]);
        foreach (var (row, prompt) in prompts.Index())
        {
            var start = ((row + 1) * length) - prompt.Length;
            ids.AsSpan(row * length, length).Fill(prompt[0]);
            Array.ConvertAll(prompt, id => (long)id).CopyTo(ids.AsSpan(start));
            mask.AsSpan(start, prompt.Length).Fill(1);
        }

        return (tensor(ids, [prompts.Count, length], device: _device), tensor(mask, [prompts.Count, length], device: _device),
            [.. prompts.Select(prompt => prompt.Length)]);
    }
}

/// <summary>The images of a batch as the network has seen them.</summary>
/// <param name="Tokens">[tokens of all images, width]</param>
internal sealed record QwenSeen(IReadOnlyList<QwenPatches> Images, Tensor Tokens);

/// <param name="Text">Without what marks its end.</param>
/// <param name="Probability">Of its tokens, one after the other, where nothing is penalised and the best is taken.</param>
/// <param name="Tokens">In and out.</param>
internal sealed record QwenWords(string Text, double Probability, int Tokens)
{
    /// <summary>The logit of the token that the words given begin with, as the first of the answer.</summary>
    public double Accepts { get; init; }

    /// <summary>That of all other tokens together.</summary>
    public double Others { get; init; }
}

using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>
/// Qwen2.5-VL (arXiv 2502.13923) as transformers computes it: the judge, and a question answerer. Images become tokens among
/// those of the text. B: batch, L: tokens, D: width.
/// </summary>
public sealed class QwenVl : IDisposable
{
    private readonly Weights _weights;
    private readonly QwenVision _vision;
    private readonly Tensor _embedTokens;
    private readonly QwenLayer[] _layers;
    private readonly RmsNorm _norm;
    private readonly Tensor _head;

    /// <summary>Takes its parameters from the weights, which it owns from then on.</summary>
    public QwenVl(QwenConfig config, Weights w)
    {
        (Config, _weights) = (config, w);
        _vision = new(w.In("visual"), config);
        _embedTokens = w.Get("model.embed_tokens.weight", config.Vocabulary, config.Width);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new QwenLayer(w.In($"model.layers.{i}"), config))];
        _norm = w.RmsNorm("model.norm", config.Width, config.NormEps);
        _head = config.Tied ? _embedTokens : w.Get("lm_head.weight", config.Vocabulary, config.Width);
    }

    public QwenConfig Config { get; }

    /// <summary>By their names in the network; whoever trains lets them require gradients.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _weights.Tensors;

    /// <summary>
    /// What it takes of its device for chats about images of 1024 x 1024 pixels: the tower's attention, or the feed-forward of
    /// the text model beside some states, and the keys and values of all layers. On the processor that is 72 states of each patch,
    /// measured with the published sizes: more than twice what its tensors have, as the heap gives back only some of it.
    /// </summary>
    /// <param name="batch">Chats at once.</param>
    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or has no config.json of the kind.</exception>
    public static NetworkMemory Memory(string folder, ScalarType type, int batch)
    {
        const long side = 1024, words = 256;
        var config = QwenConfig.Read(ModelConfig.Read(Path.Combine(folder, "config.json")));
        var patches = batch * (side / config.Vision.Patch) * (side / config.Vision.Patch);
        var tokens = (patches / (QwenImage.Merge * QwenImage.Merge)) + (batch * words);
        var tower = patches * 72 * config.Vision.Width;
        var text = tokens * ((3 * config.MlpWidth) + (8 * config.Width) + (2 * config.Layers * config.KeyHeads * config.HeadDim));
        return new("Qwen2.5-VL", NetworkMemory.Parameters(folder) * NetworkMemory.Size(type), Math.Max(tower, text) * NetworkMemory.Size(type));
    }

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its config.json.</exception>
    public static QwenVl Load(string folder, ScalarType type, Device device)
    {
        var config = QwenConfig.Read(ModelConfig.Read(Path.Combine(folder, "config.json")));
        using var checkpoint = Checkpoint.Open(folder);
        var network = new QwenVl(config, Weights.Of(checkpoint, type, device, name => Name(name, config.Tied)));
        network._weights.Complete();
        return network;
    }

    /// <summary>The logits behind each token, of prompts alone.</summary>
    /// <param name="ids">int64, [B, L]</param>
    /// <param name="mask">1 for a token, 0 for padding, which stands on the left; [B, L].</param>
    /// <param name="images">In the order in which they stand in the prompts.</param>
    /// <param name="seen">Of <see cref="See"/>; null to look.</param>
    /// <returns>[B, L, vocabulary]; rows at padding hold no meaning.</returns>
    public Tensor Forward(Tensor ids, Tensor mask, IReadOnlyList<QwenPatches> images, Watch? watch = null, Tensor? seen = null)
    {
        using var scope = NewDisposeScope();
        var positions = Positions(ids, mask, images);
        watch?.Invoke("position_ids", positions.Places);
        watch?.Invoke("rope_deltas", positions.Offsets);
        var hidden = Read(Embed(ids, images, watch, seen), positions.Places, mask, null, watch);
        return functional.linear(hidden, _head).MoveToOuterDisposeScope();
    }

    /// <summary>What the vision tower makes of images: whoever asks more than one thing of them need not look again.</summary>
    /// <returns>[tokens of all images, D]</returns>
    public Tensor See(IReadOnlyList<QwenPatches> images)
    {
        using var scope = NewDisposeScope();
        return _vision.Forward(images, null).MoveToOuterDisposeScope();
    }

    /// <summary>The logits behind the last token of each prompt.</summary>
    /// <inheritdoc cref="Forward"/>
    /// <returns>fp32, [B, vocabulary]</returns>
    public Tensor Next(Tensor ids, Tensor mask, IReadOnlyList<QwenPatches> images, Tensor? seen = null)
    {
        using var scope = NewDisposeScope();
        var hidden = Read(Embed(ids, images, null, seen), Positions(ids, mask, images).Places, mask, null, null);
        return functional.linear(hidden[TensorIndex.Colon, -1], _head).to(float32).MoveToOuterDisposeScope();
    }

    /// <summary>Goes on with prompts, token by token.</summary>
    /// <inheritdoc cref="Forward"/>
    /// <param name="watch">Told of each step's logits, and of its scores, [B, vocabulary].</param>
    /// <returns>int64, [B, tokens]; filled up behind a row's end.</returns>
    public Tensor Generate(
        Tensor ids, Tensor mask, IReadOnlyList<QwenPatches> images, QwenGeneration rules, Watch? watch = null, Tensor? seen = null)
    {
        using var scope = NewDisposeScope();
        using var cache = new QwenCache(_layers.Length);
        using var sampler = new QwenSampler(rules, ids.shape[0]);
        var positions = Positions(ids, mask, images);
        var (embedded, places, all) = (Embed(ids, images, null, seen), positions.Places, ids.alias());
        var done = zeros(ids.shape[0], @bool, ids.device);
        for (var step = 0; step < rules.MaxTokens; step++)
        {
            using var inner = NewDisposeScope();
            var hidden = Read(embedded, places, mask, cache, null);
            var logits = functional.linear(hidden[TensorIndex.Colon, -1], _head).to(float32); // [B, vocabulary]
            watch?.Invoke("logits", logits);
            var scores = sampler.Penalize(logits, all);
            watch?.Invoke("scores", scores);
            var next = sampler.Choose(scores).masked_fill(done, rules.PadToken); // [B]
            done = rules.EndTokens.Aggregate(done, (before, end) => before | (next == end));
            all = cat([all, next.unsqueeze(1)], 1);
            mask = cat([mask, ones([ids.shape[0], 1], int64, ids.device)], 1);
            embedded = _embedTokens.Embed(next.unsqueeze(1));
            places = (positions.Offsets + (all.shape[1] - 1)).unsqueeze(0).expand(3, -1, -1);
            (done, all, mask, embedded, places) = (done.MoveToOuterDisposeScope(), all.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope(),
                embedded.MoveToOuterDisposeScope(), places.MoveToOuterDisposeScope());
            if (done.all().item<bool>())
                break;
        }

        return all.narrow(1, ids.shape[1], all.shape[1] - ids.shape[1]).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.Dispose();

    private QwenPositions Positions(Tensor ids, Tensor mask, IReadOnlyList<QwenPatches> images) => QwenPositions.Of(
        ids, mask, [.. images.Select(image => (image.GridHeight / QwenImage.Merge, image.GridWidth / QwenImage.Merge))], Config);

    /// <summary>The tokens' embeddings, and the images' tokens in their places.</summary>
    private Tensor Embed(Tensor ids, IReadOnlyList<QwenPatches> images, Watch? watch, Tensor? seen = null)
    {
        var x = _embedTokens.Embed(ids); // [B, L, D]
        if (images.Count > 0)
        {
            var places = (ids == Config.ImageToken).flatten().nonzero().flatten();
            x = x.flatten(0, 1).index_copy(0, places, seen ?? _vision.Forward(images, watch)).unflatten(0, ids.shape);
        }

        watch?.Invoke("inputs_embeds", x);
        return x;
    }

    /// <summary>The last hidden state after the last norm.</summary>
    /// <param name="x">Of what is new, [B, L, D]; it is gone afterwards.</param>
    /// <param name="places">Of what is new, [3, B, L].</param>
    /// <param name="mask">Of all, [B, length].</param>
    private Tensor Read(Tensor x, Tensor places, Tensor mask, QwenCache? cache, Watch? watch)
    {
        var (cos, sin) = Rotary.Table(places.to(float32), Config.HeadDim, Config.RopeTheta, x.dtype); // [3, B, L, head dim]
        watch?.Invoke("text_cos", cos);
        watch?.Invoke("text_sin", sin);
        (cos, sin) = (Sections(cos), Sections(sin));
        var (length, read) = (x.shape[1], cache?.Length ?? 0);
        var seen = ones([length, read + length], @bool, x.device).tril(read) & mask.to(@bool).unsqueeze(1).unsqueeze(1); // [B, 1, L, length]
        // A row of padding sees nothing, which would make it undefined, and with it what multiplies it by 0.
        seen = seen | seen.any(-1, keepdim: true).logical_not();
        for (var i = 0; i < _layers.Length; i++)
        {
            using var before = x;
            x = _layers[i].Forward(before, cos, sin, seen, cache, i);
            watch?.Invoke($"text_layer.{i}", x);
        }

        x = _norm.Forward(x);
        watch?.Invoke("final_norm", x);
        return x;
    }

    /// <summary>Of each section of the frequencies the table of its own position (mRoPE).</summary>
    /// <returns>[B, 1, L, head dim]</returns>
    private Tensor Sections(Tensor table)
    {
        var sizes = Config.Sections.Concat(Config.Sections).Select(size => (long)size).ToArray();
        return cat([.. table.split(sizes, -1).Select((part, i) => part[i % 3])], -1).unsqueeze(1);
    }

    /// <summary>Versions of transformers from 4.52 on have other prefixes.</summary>
    internal static string? Name(string name, bool tied)
    {
        if (tied && name == "lm_head.weight")
            return null;
        return name.Replace("model.language_model.", "model.", StringComparison.Ordinal).Replace("model.visual.", "visual.", StringComparison.Ordinal);
    }
}

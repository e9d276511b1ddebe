using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>Where the parts of a generator lie.</summary>
/// <param name="Vision">SigLIP's folder; null for a generator that takes no images.</param>
/// <param name="Variant">Which of the parts' variants is meant, such as <c>fp16</c>; null for the files without one.</param>
public sealed record SanaFolders(
    string Tokenizer, string TextEncoder, string Transformer, string Autoencoder, string Scheduler, string? Vision = null, string? Variant = null)
{
    private (string Role, string? Folder)[] Networks =>
        [("text_encoder", TextEncoder), ("transformer", Transformer), ("vae", Autoencoder), ("vision_encoder", Vision)];

    /// <summary>Those of a snapshot as diffusers lays it out.</summary>
    /// <param name="images">Whether it takes images: their encoder is in <c>vision_encoder</c> beside the others.</param>
    public static SanaFolders Of(string snapshot, bool images, string? variant = null)
    {
        return new(At("tokenizer"), At("text_encoder"), At("transformer"), At("vae"), At("scheduler"), images ? At("vision_encoder") : null, variant);

        string At(string part) => Path.Combine(snapshot, part);
    }

    /// <summary>The variant, for a part that has it: as in diffusers the others are taken without.</summary>
    public string? VariantOf(string folder) => Checkpoint.Variants(folder).Contains(Variant) ? Variant : null;

    /// <summary>Every file that decides what is drawn, under a name that does not say where it lies.</summary>
    /// <exception cref="CheckpointException">One of the parts is not there, or none has the variant.</exception>
    public IEnumerable<(string Name, string Path)> Files()
    {
        if (Variant is not null && !Networks.Any(part => part.Folder is { } folder && VariantOf(folder) == Variant))
            throw new CheckpointException($"no part of {Path.GetDirectoryName(Transformer)} has a variant {Variant}");
        foreach (var (role, folder) in Networks)
        {
            if (folder is null)
                continue;
            using var checkpoint = Checkpoint.Open(folder, VariantOf(folder));
            foreach (var path in checkpoint.Files.Append(Path.Combine(folder, "config.json")))
                yield return ($"{role}/{Path.GetFileName(path)}", path);
        }

        yield return ("tokenizer/tokenizer.json", Path.Combine(Tokenizer, "tokenizer.json"));
        yield return ("scheduler/scheduler_config.json", Path.Combine(Scheduler, "scheduler_config.json"));
    }
}

/// <summary>A past image and what was wrong with it, encoded: what it takes does not change with what is drawn.</summary>
/// <param name="Image">Pooled tokens of the vision encoder, [1, image tokens, vision width].</param>
public sealed record EncodedPair(Tensor Image, EncodedText Feedback);

/// <summary>How images are drawn; all of it changes the image.</summary>
/// <param name="Guidance">Up to 1 for none.</param>
/// <param name="DropFeedback">Whether the conditional row is not to see its context either (the released code's drop_feedback).</param>
public sealed record SanaSettings(int Steps = 20, double Guidance = 4.5, int PromptTokens = 300, bool DropFeedback = false);

/// <summary>
/// SANA as diffusers' SanaPipeline draws with it, and Reflect-DiT as its released code does: texts to states, noise to
/// latents, latents to pixels. Every part can be called alone, so that what is encoded once serves many drawings.
/// </summary>
public sealed class SanaPipeline : IDisposable
{
    private readonly SanaTransformer? _sana;
    private readonly ReflectTransformer? _reflect;
    private readonly Turns _turns;
    private readonly InTurns<SiglipVision>? _vision;
    private readonly SiglipConfig? _visionConfig;
    private readonly InTurns<DcAutoencoder> _autoencoder;
    private readonly DcConfig _autoencoderConfig;
    private readonly Func<int, DpmSolver> _solver;
    private readonly ScalarType _type;
    private readonly ScalarType _encoderType;
    private readonly Device _device;

    private SanaPipeline(
        SanaFolders folders, ScalarType type, ScalarType encoderType, Device device, ReflectionQuirks? quirks, bool softCap, bool offload)
    {
        (_type, _encoderType, _device, _turns) = (type, encoderType, device, new(offload));
        _solver = steps => DpmSolver.Read(folders.Scheduler, steps);
        // All are read once, so that what is wrong with one is known before anything is drawn.
        var text = new InTurns<Gemma2>(_turns, () => Gemma2.Load(folders.TextEncoder, encoderType, device, softCap, Variant(folders.TextEncoder)));
        Text = new(Tokenizer.Open(folders.Tokenizer), text, device);
        _ = text.Network;
        if (folders.Vision is { } vision)
        {
            _vision = new(_turns, () => SiglipVision.Load(vision, encoderType, device, Variant(vision)));
            _visionConfig = _vision.Network.Config;
        }

        _autoencoder = new(_turns, () => DcAutoencoder.Load(folders.Autoencoder, encoderType, device, Variant(folders.Autoencoder)));
        _autoencoderConfig = _autoencoder.Network.Config;
        _turns.Change();
        var variant = Variant(folders.Transformer);
        _sana = quirks is null ? SanaTransformer.Load(folders.Transformer, type, device, variant) : null;
        _reflect = quirks is null ? null : ReflectTransformer.Load(folders.Transformer, type, device, quirks, variant);

        string? Variant(string folder) => folders.VariantOf(folder);
    }

    public PromptEncoder Text { get; }

    /// <summary>Whether it draws from past images and feedback too.</summary>
    public bool Reflects => _reflect is not null;

    public SanaConfig Config => _sana?.Config ?? _reflect!.Config.Sana;

    /// <param name="quirks">Of a Reflect-DiT; null for plain SANA.</param>
    /// <param name="type">Of the transformer.</param>
    /// <param name="encoderType">Of what encodes and decodes: bf16 or fp32.</param>
    /// <param name="softCap">Whether Gemma-2 caps its scores: transformers does where attention is eager, and not by default.</param>
    /// <param name="offload">Whether what encodes and decodes is on the device only while it does, and one of them at a time.</param>
    /// <exception cref="CheckpointException">A part is not there, or not what it should be.</exception>
    public static SanaPipeline Load(
        SanaFolders folders, ScalarType type, ScalarType encoderType, Device device, ReflectionQuirks? quirks = null,
        bool softCap = false, bool offload = false)
    {
        if (encoderType is not (ScalarType.BFloat16 or ScalarType.Float32))
        {
            throw new ArgumentOutOfRangeException(
                nameof(encoderType), encoderType, "text encoder and autoencoder overflow in it; expected bf16 or fp32");
        }

        Libtorch.Load();
        return new(folders, type, encoderType, device, quirks, softCap, offload);
    }

    /// <summary>The noise of one image per seed, as diffusers draws it.</summary>
    /// <param name="height">In pixels of the image.</param>
    /// <returns>fp32, [seeds, channels, height, width]; the caller's to dispose of.</returns>
    public Tensor Noise(IEnumerable<ulong> seeds, int height, int width)
    {
        var factor = _autoencoderConfig.Factor;
        using var noise = LatentNoise.Draw(seeds, Config.InChannels, height / factor, width / factor);
        return noise.to(_device).DetachFromDisposeScope();
    }

    /// <summary>The size that is drawn where another is asked for, which a square model was not trained at.</summary>
    public (int Height, int Width) SizeOf(int height, int width)
    {
        var square = Config.SampleSize * _autoencoderConfig.Factor;
        return square is 512 or 1024 or 2048 or 4096 ? ResolutionBins.Nearest(square, height, width) : (height, width);
    }

    /// <summary>How long the context of a drawing is, without encoding any of it.</summary>
    /// <param name="instruction">See <see cref="EncodeFeedback"/>.</param>
    public int ContextTokens(IEnumerable<string> feedback, int imageTokens, string instruction = "", int feedbackTokens = 300)
    {
        var pooled = _visionConfig!.Pooled(imageTokens);
        var pairs = feedback.Sum(text => pooled + Text.Count(text, feedbackTokens, _reflect!.Quirks.FeedbackLowerCased, instruction));
        return Math.Max(pairs, pooled + ReflectTransformer.ZeroTextTokens);
    }

    /// <summary>What was wrong with a past image, as the transformer sees it.</summary>
    /// <param name="instruction">What stands in front: nothing, as the released scripts have it.</param>
    /// <returns>The caller's to dispose of.</returns>
    public EncodedText EncodeFeedback(string feedback, string instruction = "", int feedbackTokens = 300) =>
        Text.Encode([feedback], instruction, feedbackTokens, _reflect!.Quirks.FeedbackLowerCased);

    /// <summary>A past image as it was saved.</summary>
    /// <returns>Pooled tokens, [1, image tokens, vision width]; the caller's to dispose of.</returns>
    public Tensor EncodeImage(RgbImage image, int imageTokens = 64) => EncodeImage(vision => vision.Preprocess([image]), imageTokens);

    /// <summary>A past image as it was decoded, which by <see cref="ReflectionQuirks.ImageInEightBits"/> is seen as if it had been saved.</summary>
    /// <param name="image">From 0 to 1, [1, 3, height, width].</param>
    /// <inheritdoc cref="EncodeImage(RgbImage, int)"/>
    public Tensor EncodeImage(Tensor image, int imageTokens = 64) => _reflect is { Quirks.ImageInEightBits: false }
        ? EncodeImage(vision => vision.Preprocess(image), imageTokens)
        : EncodeImage(DecodedImage.ToImages(DecodedImage.ToBytes(image))[0], imageTokens);

    /// <summary>Latents of images that are drawn at once; none depends on the others but in its last bits.</summary>
    /// <param name="noise">[B, channels, height, width]</param>
    /// <param name="prompts">[B, ...]</param>
    /// <param name="negative">[B or 1, ...]; not looked at without guidance.</param>
    /// <param name="contexts">Of each image its pairs, as many as it has; empty for all of a batch, or for none.</param>
    /// <param name="padTo">See <see cref="ReflectTransformer.Forward"/>.</param>
    /// <returns>The caller's to dispose of.</returns>
    public Tensor Denoise(
        Tensor noise, EncodedText prompts, EncodedText negative, IReadOnlyList<IReadOnlyList<EncodedPair>> contexts,
        SanaSettings settings, int padTo = 0, Action<int>? progress = null, Watch? watch = null, CancellationToken cancellation = default)
    {
        _turns.Change();
        using var scope = NewDisposeScope();
        var (guided, batch) = (settings.Guidance > 1, noise.shape[0]);
        var (states, mask) = (prompts.States, prompts.Mask);
        if (guided)
        {
            states = cat([negative.States.expand(batch, -1, -1), states], dim: 0);
            mask = cat([negative.Mask.expand(batch, -1), mask], dim: 0);
        }

        states = states.to(_type);
        var embedded = contexts.Where(pairs => pairs.Count > 0).Select(pairs => Embed(pairs, settings, guided, watch)).ToList();
        if (embedded.Count > 0 && embedded.Count < batch)
            throw new ArgumentException("drawings with context and such without are of different batches", nameof(contexts));
        try
        {
            return GuidedSampling.Run(
                _solver(settings.Steps), noise, settings.Guidance,
                (latents, timestep, first) => _sana is not null
                    ? _sana.Forward(latents, states, mask, timestep)
                    : _reflect!.Forward(latents, states, mask, timestep, embedded, padTo, first),
                _type, Config.TimestepScale, progress, watch, cancellation);
        }
        finally
        {
            embedded.ForEach(context => context.Dispose());
        }
    }

    /// <summary>Pixels of latents, about -1 to 1, [B, 3, height, width]; the caller's to dispose of.</summary>
    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        return _autoencoder.Network.Decode(latents.to(_encoderType) / _autoencoderConfig.ScalingFactor).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        Text.Dispose();
        _sana?.Dispose();
        _reflect?.Dispose();
        _vision?.Dispose();
        _autoencoder.Dispose();
    }

    private Tensor EncodeImage(Func<SiglipVision, Tensor> preprocess, int imageTokens)
    {
        if (_vision is null)
            throw new InvalidOperationException("this generator takes no images: it was loaded without a vision encoder");
        using var scope = NewDisposeScope();
        var vision = _vision.Network;
        var pixels = preprocess(vision).to(_encoderType, _device);
        return vision.Pool(vision.Forward(pixels), imageTokens).DetachFromDisposeScope();
    }

    private EmbeddedContext Embed(IReadOnlyList<EncodedPair> pairs, SanaSettings settings, bool guided, Watch? watch)
    {
        if (_reflect is null)
            throw new InvalidOperationException("plain SANA takes no context");
        using var scope = NewDisposeScope();
        var images = cat([.. pairs.Select(pair => pair.Image)], dim: 0);
        watch?.Invoke("step_00.context_clip_encoding", images);
        IReadOnlyList<int> all = [.. Enumerable.Range(0, pairs.Count)];
        return _reflect.Embed(new(
            images.to(_type), cat([.. pairs.Select(pair => pair.Feedback.States)], dim: 0).to(_type),
            cat([.. pairs.Select(pair => pair.Feedback.Mask)], dim: 0),
            guided ? [all, all] : [all], guided ? [true, settings.DropFeedback] : null));
    }
}

using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>
/// What a generator takes of its device, worked out from its configurations and the headers of its files. What networks
/// compute is estimated by the tensors that live where each needs most.
/// </summary>
/// <param name="Vision">Null for one that takes no images.</param>
public sealed record SanaMemory(NetworkMemory Text, NetworkMemory Transformer, NetworkMemory Autoencoder, NetworkMemory? Vision)
{
    /// <summary>Tokens of a prompt behind SANA's instruction, rounded up.</summary>
    private const long PromptTokens = 512;

    /// <summary>All of them; null are left out.</summary>
    public IEnumerable<NetworkMemory> Networks => new[] { Text, Vision, Transformer, Autoencoder }.OfType<NetworkMemory>();

    /// <summary>Bytes in all.</summary>
    /// <param name="offload">Whether of all but the transformer one is there at a time.</param>
    public long Bytes(bool offload) => !offload
        ? NetworkMemory.Together(Networks)
        : Networks.Where(network => network != Transformer)
            .Max(network => Transformer.Weights + Math.Max(network.Weights + network.Work, Transformer.Work));

    /// <param name="encoderType">Of all but the transformer.</param>
    /// <param name="height">Of what is drawn, in pixels.</param>
    /// <param name="batch">Images at once.</param>
    /// <exception cref="CheckpointException">A part is not there, or not what it should be.</exception>
    public static SanaMemory Of(SanaFolders folders, ScalarType type, ScalarType encoderType, int height, int width, int batch)
    {
        var transformer = ModelConfig.Read(Path.Combine(folders.Transformer, "config.json"));
        var sana = SanaConfig.Read(transformer);
        var autoencoder = DcConfig.Read(ModelConfig.Read(Path.Combine(folders.Autoencoder, "config.json")));
        return new(
            OfText(Gemma2Config.Read(ModelConfig.Read(Path.Combine(folders.TextEncoder, "config.json"))),
                Parameters(folders.TextEncoder, Gemma2.Name), encoderType),
            OfTransformer(sana, Parameters(folders.Transformer), type, batch, height * width / (autoencoder.Factor * autoencoder.Factor)),
            OfAutoencoder(autoencoder, Parameters(folders.Autoencoder), encoderType, height * width),
            folders.Vision is null ? null : OfVision(
                SiglipConfig.Read(ModelConfig.Read(Path.Combine(folders.Vision, "config.json"))), Parameters(folders.Vision, SiglipVision.Name), encoderType));

        long Parameters(string folder, Func<string, string?>? rename = null) => NetworkMemory.Parameters(folder, folders.VariantOf(folder), rename);
    }

    /// <summary>Gate, upward projection, their product and GELU of a layer, beside some states; the scores of its heads.</summary>
    public static NetworkMemory OfText(Gemma2Config config, long parameters, ScalarType type) => new("text encoder",
        parameters * NetworkMemory.Size(type),
        (PromptTokens * ((4 * config.MlpWidth) + (8 * config.Width)) * NetworkMemory.Size(type)) + (4 * 3 * config.Heads * PromptTokens * PromptTokens));

    /// <summary>The widened maps of a feed-forward, three at a time, beside some states; half of the rows are guidance's.</summary>
    /// <param name="pixels">Of the latent.</param>
    public static NetworkMemory OfTransformer(SanaConfig config, long parameters, ScalarType type, int batch, long pixels) => new("transformer",
        parameters * NetworkMemory.Size(type),
        (long)(2 * batch * pixels * ((3 * 2 * config.MlpRatio) + 8) * config.Width * NetworkMemory.Size(type)));

    /// <summary>The decoder's last stage, where a tensor is as large as the image and as deep as the stage: seven of them.</summary>
    /// <param name="pixels">Of the image.</param>
    public static NetworkMemory OfAutoencoder(DcConfig config, long parameters, ScalarType type, long pixels) => new("autoencoder",
        parameters * NetworkMemory.Size(type), 7 * pixels * config.Decoder.Channels[0] * NetworkMemory.Size(type));

    /// <summary>Of one image.</summary>
    public static NetworkMemory OfVision(SiglipConfig config, long parameters, ScalarType type) => new("vision encoder",
        parameters * NetworkMemory.Size(type), (long)config.Side * config.Side * ((4 * config.MlpWidth) + (8 * config.Width)) * NetworkMemory.Size(type));
}

using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Networks;

/// <summary>The shape of Qwen2.5-VL's vision tower.</summary>
/// <param name="Patch">Pixels a side of a patch.</param>
/// <param name="Window">Merged patches a side of a window.</param>
/// <param name="FullBlocks">The blocks that look beyond their window.</param>
public sealed record QwenVisionConfig(int Patch, int Width, int MlpWidth, int Layers, int Heads, int Window, IReadOnlySet<int> FullBlocks);

/// <summary>What config.json says of a Qwen2.5-VL.</summary>
/// <param name="Sections">How many rotary frequencies turn by time, by height and by width.</param>
/// <param name="Tied">Whether the head is the embedding.</param>
public sealed record QwenConfig(
    int Vocabulary, int Width, int MlpWidth, int Layers, int Heads, int KeyHeads, double NormEps, double RopeTheta, IReadOnlyList<int> Sections,
    bool Tied, int ImageToken, int VisionStartToken, QwenVisionConfig Vision)
{
    public int HeadDim => Width / Heads;

    /// <summary>Reads a configuration; what its vision part leaves out is as transformers has it.</summary>
    /// <exception cref="CheckpointException">It is none of the published kinds; the value is named.</exception>
    public static QwenConfig Read(ModelConfig json)
    {
        json.OneOf("model_type", "\"qwen2_5_vl\"");
        json.OneOf("hidden_act", "\"silu\"");
        json.OneOf("use_sliding_window", "false");
        var (rope, vision) = (json.Section("rope_scaling"), json.Section("vision_config"));
        rope.OneOf("type", "\"default\"", "\"mrope\"");
        vision.OneOf("hidden_act", "\"silu\"");
        vision.OneOf("temporal_patch_size", $"{QwenImage.Frames}");
        vision.OneOf("spatial_merge_size", $"{QwenImage.Merge}");
        var patch = vision.Integer("patch_size", QwenImage.PublishedPatch);
        vision.OneOf("out_hidden_size", $"{json.Integer("hidden_size")}");
        return new(
            json.Integer("vocab_size"), json.Integer("hidden_size"), json.Integer("intermediate_size"), json.Integer("num_hidden_layers"),
            json.Integer("num_attention_heads"), json.Integer("num_key_value_heads"), json.Number("rms_norm_eps"), json.Number("rope_theta"),
            rope.Integers("mrope_section"), json.Truth("tie_word_embeddings"), json.Integer("image_token_id", 151655),
            json.Integer("vision_start_token_id", 151652),
            new(patch, vision.Integer("hidden_size"), vision.Integer("intermediate_size", 3420), vision.Integer("depth", 32),
                vision.Integer("num_heads", 16), vision.Integer("window_size", 112) / QwenImage.Merge / patch,
                vision.Has("fullatt_block_indexes")
                    ? vision.Integers("fullatt_block_indexes").ToHashSet()
                    : new HashSet<int> { 7, 15, 23, 31 }));
    }
}

using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>A thing that transformers' post-processing leaves of an image.</summary>
/// <param name="Label">The class, from 0.</param>
/// <param name="Mask">True for the thing, row-major, of the size that was asked for.</param>
public sealed record Segment(int Label, double Score, bool[] Mask);

/// <summary>
/// Mask2Former as transformers has it. Its published weights are of another training than mmdet's, and it cuts masks in
/// another way: what it finds must never be called GenEval's score.
/// </summary>
public sealed class Mask2FormerSegmenter : IDisposable
{
    /// <summary>A side of the masks that are decided upon, whatever the image's size.</summary>
    private const int MaskSide = 384;

    private static readonly ImageNormalization ImageNet = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    private readonly Mask2Former _network;
    private readonly int _height;
    private readonly int _width;

    private Mask2FormerSegmenter(Mask2Former network, int height, int width) => (_network, _height, _width) = (network, height, width);

    /// <exception cref="CheckpointException">The folder's checkpoint is not sound, or not of its config.json.</exception>
    public static Mask2FormerSegmenter Load(string folder, ScalarType type, Device device)
    {
        var config = ReadConfig(ModelConfig.Read(Path.Combine(folder, "config.json")));
        var processor = ModelConfig.Read(Path.Combine(folder, "preprocessor_config.json"));
        processor.OneOf("resample", "2");
        processor.OneOf("do_reduce_labels", "false");
        var size = processor.Section("size");
        return new(Mask2Former.Load(folder, config, type, device, Name), size.Integer("height"), size.Integer("width"));
    }

    /// <summary>Stretched by Pillow's bilinear filter, and normalised.</summary>
    /// <returns>fp32, [1, 3, height, width]</returns>
    public Tensor Preprocess(RgbImage image) => tensor(
        ImageNet.Apply(PillowResize.Resize(image, _width, _height, ResampleFilter.Bilinear)), [1, 3, _height, _width]);

    /// <inheritdoc cref="Mask2Former.Forward"/>
    public (Tensor Classes, Tensor Masks) Forward(Tensor image, Watch? watch = null) => _network.Forward(image, watch);

    /// <summary>The things in the order in which transformers numbers them (post_process_instance_segmentation).</summary>
    /// <param name="classes">[Q, classes + 1]</param>
    /// <param name="masks">[Q, height, width]</param>
    public static IReadOnlyList<Segment> Segments(Tensor classes, Tensor masks, int height, int width, double threshold)
    {
        using var scope = NewDisposeScope();
        var large = functional.interpolate(masks.unsqueeze(0), [MaskSide, MaskSide], mode: InterpolationMode.Bilinear, align_corners: false)[0];
        var kinds = classes.shape[1] - 1;
        var (best, places) = functional.softmax(classes, -1).narrow(1, 0, kinds).flatten().topk((int)classes.shape[0], sorted: false);
        large = large.index_select(0, places.div(kinds, RoundingMode.floor));
        var found = (large > 0).to(float32);
        var scores = (best * (large.sigmoid() * found).flatten(1).sum(1) / (found.flatten(1).sum(1) + 1e-6)).cpu().data<float>().ToArray();
        var flags = (functional.interpolate(found.unsqueeze(0), [height, width], mode: InterpolationMode.Nearest)[0] > 0).cpu().contiguous();
        var labels = places.cpu().data<long>().ToArray().Select(place => (int)(place % kinds)).ToArray();
        var segments = new List<Segment>();
        for (var i = 0; i < scores.Length; i++)
        {
            var mask = flags[i].data<bool>().ToArray();
            if (scores[i] >= threshold && Array.IndexOf(mask, true) >= 0)
                segments.Add(new(labels[i], Math.Round(scores[i], 6), mask));
        }

        return segments;
    }

    public void Dispose() => _network.Dispose();

    private static Mask2FormerConfig ReadConfig(ModelConfig json)
    {
        json.OneOf("model_type", "\"mask2former\"");
        json.OneOf("activation_function", "\"relu\"");
        json.OneOf("pre_norm", "false");
        json.OneOf("enforce_input_projection", "false");
        json.OneOf("common_stride", "4");
        var width = json.Integer("hidden_dim");
        json.OneOf("feature_size", $"{width}");
        json.OneOf("mask_feature_size", $"{width}");
        var backbone = json.Section("backbone_config");
        backbone.OneOf("model_type", "\"swin\"");
        backbone.OneOf("window_size", "7");
        backbone.OneOf("patch_size", "4");
        backbone.OneOf("mlp_ratio", "4");
        backbone.OneOf("use_absolute_embeddings", "false");
        // Of the decoder's layers the first is a prediction before any.
        return new(
            new SwinConfig(backbone.Integer("embed_dim"), backbone.Integers("depths"), backbone.Integers("num_heads"), MergesByPlace: true), width,
            json.Integer("num_attention_heads"), Groups: 32, json.Integer("encoder_layers"), json.Integer("encoder_feedforward_dim"),
            json.Integer("decoder_layers") - 1, json.Integer("dim_feedforward"), json.Integer("num_queries"));
    }

    /// <summary>mmdet's name for one of transformers'.</summary>
    private static string? Name(string name)
    {
        if (name.EndsWith("relative_position_index", StringComparison.Ordinal) || name.StartsWith("criterion.", StringComparison.Ordinal))
            return null;
        foreach (var (part, names) in Names)
        {
            if (!name.StartsWith(part, StringComparison.Ordinal))
                continue;
            foreach (var (theirs, ours) in names)
                name = name.Replace(theirs, ours, StringComparison.Ordinal);
            break;
        }

        return name;
    }

    /// <summary>By the part of the network; in each the longer names go before those that they hold.</summary>
    private static readonly (string Part, (string Theirs, string Ours)[] Names)[] Names =
    [
        ("model.pixel_level_module.encoder.",
        [
            ("model.pixel_level_module.encoder.embeddings.patch_embeddings.", "backbone.patch_embed."),
            ("model.pixel_level_module.encoder.embeddings.", "backbone.patch_embed."), ("model.pixel_level_module.encoder.encoder.layers.", "backbone.stages."),
            ("model.pixel_level_module.encoder.hidden_states_norms.stage1", "backbone.norm0"),
            ("model.pixel_level_module.encoder.hidden_states_norms.stage2", "backbone.norm1"),
            ("model.pixel_level_module.encoder.hidden_states_norms.stage3", "backbone.norm2"),
            ("model.pixel_level_module.encoder.hidden_states_norms.stage4", "backbone.norm3"), ("layernorm_before", "norm1"), ("layernorm_after", "norm2"),
            ("attention.self.", "attn.w_msa."), ("attention.output.dense", "attn.w_msa.proj"), ("intermediate.dense", "ffn.layers.0.0"),
            ("output.dense", "ffn.layers.1"),
        ]),
        ("model.pixel_level_module.decoder.",
        [
            ("model.pixel_level_module.decoder.", "panoptic_head.pixel_decoder."), ("self_attn.", "attentions.0."), ("self_attn_layer_norm", "norms.0"),
            ("final_layer_norm", "norms.1"), ("fc1", "ffns.0.layers.0.0"), ("fc2", "ffns.0.layers.1"), ("level_embed", "level_encoding.weight"),
            ("adapter_1.0", "lateral_convs.0.conv"), ("adapter_1.1", "lateral_convs.0.gn"), ("layer_1.0", "output_convs.0.conv"),
            ("layer_1.1", "output_convs.0.gn"), ("mask_projection", "mask_feature"), ("input_projections.0.0", "input_convs.0.conv"),
            ("input_projections.0.1", "input_convs.0.gn"), ("input_projections.1.0", "input_convs.1.conv"), ("input_projections.1.1", "input_convs.1.gn"),
            ("input_projections.2.0", "input_convs.2.conv"), ("input_projections.2.1", "input_convs.2.gn"),
        ]),
        ("model.transformer_module.",
        [
            ("model.transformer_module.decoder.mask_predictor.mask_embedder.0.0", "panoptic_head.mask_embed.0"),
            ("model.transformer_module.decoder.mask_predictor.mask_embedder.1.0", "panoptic_head.mask_embed.2"),
            ("model.transformer_module.decoder.mask_predictor.mask_embedder.2.0", "panoptic_head.mask_embed.4"),
            ("model.transformer_module.decoder.layernorm", "panoptic_head.transformer_decoder.post_norm"),
            ("model.transformer_module.decoder.", "panoptic_head.transformer_decoder."), ("model.transformer_module.", "panoptic_head."),
            ("cross_attn_layer_norm", "norms.0"), ("self_attn_layer_norm", "norms.1"), ("final_layer_norm", "norms.2"), ("cross_attn.", "attentions.0.attn."),
            ("self_attn.", "attentions.1.attn."), ("fc1", "ffns.0.layers.0.0"), ("fc2", "ffns.0.layers.1"), ("queries_embedder", "query_embed"),
            ("queries_features", "query_feat"),
        ]),
        ("class_predictor", [("class_predictor", "panoptic_head.cls_embed")]),
    ];
}

using System.Text.Json;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Texts, noise and past images to pixels, by SANA or by Reflect-DiT.</summary>
internal static class PipelineKind
{
    public static void Run(GoldenRun run)
    {
        var arguments = run.Arguments;
        var folders = new SanaFolders(
            run.Model("tokenizer"), run.Model("text_encoder"), run.Model("transformer"), run.Model("vae"), run.Model("scheduler"),
            run.Case.Json.GetProperty("models").TryGetProperty("vision_encoder", out _) ? run.Model("vision_encoder") : null);
        using var pipeline = SanaPipeline.Load(
            folders, run.Type, run.Type, CPU, arguments.TryGetProperty("quirks", out _) ? ReflectTransformerKind.Quirks(arguments) : null,
            softCap: arguments.GetProperty("attn_implementation").GetString() == "eager");
        var settings = new SanaSettings(
            (int)run.Number("num_inference_steps", 20), run.Number("guidance_scale", 4.5), (int)run.Number("max_sequence_length", 300),
            arguments.TryGetProperty("drop_feedback", out var drop) && drop.GetBoolean());

        var texts = Texts(arguments, "prompt");
        using var prompts = pipeline.Text.Encode(
            texts, string.Join('\n', Texts(arguments, "complex_human_instruction")), settings.PromptTokens, what: "prompt", watch: run.Report);
        var negatives = Texts(arguments, "negative_prompt");
        using var negative = pipeline.Text.Encode(
            [.. texts.Select((_, i) => negatives.ElementAtOrDefault(negatives.Count == texts.Count ? i : 0) ?? "")], "",
            settings.PromptTokens, what: "negative", watch: run.Report);
        var pairs = Pairs(run, pipeline);

        using var latents = pipeline.Denoise(run.Stored("in.latents"), prompts, negative, [pairs], settings, watch: run.Report);
        using var decoded = pipeline.Decode(latents);
        run.Report("decoded", decoded);
        var fitted = arguments.TryGetProperty("use_resolution_binning", out var binned) && binned.GetBoolean()
            ? DecodedImage.Fit(decoded, (int)run.Number("height", 0), (int)run.Number("width", 0))
            : decoded;
        var unit = DecodedImage.ToUnit(fitted);
        run.Report("out.image_float", unit);
        run.Report("out.image_uint8", DecodedImage.ToBytes(unit));
        foreach (var (image, feedback) in pairs)
        {
            image.Dispose();
            feedback.Dispose();
        }
    }

    private static List<EncodedPair> Pairs(GoldenRun run, SanaPipeline pipeline)
    {
        var feedback = Texts(run.Arguments, "feedback_texts");
        if (feedback.Count == 0)
            return [];
        var (instruction, kept) = (string.Join('\n', Texts(run.Arguments, "complex_human_instruction_feedback")),
            (int)run.Number("feedback_max_sequence_length", 300));
        // The released code encodes all of them at once, and that is what the case holds.
        pipeline.Text.Encode(feedback, instruction, kept, what: "feedback", watch: run.Report).Dispose();
        return [.. EncoderKinds.Images(run).Zip(feedback, (image, text) =>
            new EncodedPair(
                pipeline.EncodeImage(image, (int)run.Number("n_reflection_tokens_per_img", 64)), pipeline.EncodeFeedback(text, instruction, kept)))];
    }

    /// <summary>An argument that is one text, several, or none.</summary>
    private static List<string> Texts(JsonElement arguments, string name) =>
        !arguments.TryGetProperty(name, out var value) ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
        : value.ValueKind == JsonValueKind.String ? [value.GetString()!]
        : [];
}

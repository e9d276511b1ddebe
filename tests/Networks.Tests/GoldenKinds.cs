using ReflectDiT.Eval.Networks.Tests.Kinds;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>Which of our code a kind of case is for: a new kind is one file in Kinds and one line here.</summary>
internal static class GoldenKinds
{
    /// <summary>Runs our code on a case's inputs and reports its stages and outputs, or asserts what no tensor holds.</summary>
    public static readonly IReadOnlyDictionary<string, Action<GoldenRun>> Runners = new Dictionary<string, Action<GoldenRun>>
    {
        ["clip"] = ClipKind.Run,
        ["cv2-resize"] = PixelKinds.OpenCvResized,
        ["dc-ae"] = DcAutoencoderKind.Run,
        ["dpg-bench-score"] = DpgKind.Run,
        ["dpm-solver"] = DpmSolverKind.Run,
        ["dpm-solver-schedule"] = DpmSolverKind.RunSchedule,
        ["gemma2"] = EncoderKinds.Gemma,
        ["geneval-crops"] = PixelKinds.Cropped,
        ["image-decode"] = PixelKinds.Decoded,
        ["image-postprocess"] = PixelKinds.Postprocessed,
        ["image-processors"] = PixelKinds.Processed,
        ["judge-chat"] = TextKinds.Chatted,
        ["mask2former-hf"] = Mask2FormerHfKind.Run,
        ["mask2former-mmdet"] = Mask2FormerKind.Run,
        ["pillow-resize"] = PixelKinds.PillowResized,
        ["qwen-preprocess"] = QwenPreprocessKind.Run,
        ["qwen25-vl"] = QwenVlKind.Run,
        ["reflect-pipeline"] = PipelineKind.Run,
        ["reflect-transformer"] = ReflectTransformerKind.Run,
        ["sana-instruction"] = TextKinds.WithInstruction,
        ["sana-pipeline"] = PipelineKind.Run,
        ["sana-transformer"] = SanaTransformerKind.Run,
        ["siglip-vision"] = EncoderKinds.Siglip,
        ["text-preprocessing"] = TextKinds.Preprocessed,
        ["tokenizer"] = TextKinds.Tokenized,
        ["tokenizer-real"] = TextKinds.TokenizedForReal,
        ["torch-cpu-noise"] = NoiseKind.Run,
    };

    /// <summary>Those that nothing is built for yet: none.</summary>
    public static readonly IReadOnlySet<string> NotYetBuilt = new HashSet<string>();
}

using ReflectDiT.Eval.Networks.Tests.Kinds;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>Which of our code a kind of case is for: a new kind is one file in Kinds and one line here.</summary>
internal static class GoldenKinds
{
    /// <summary>Runs our code on a case's inputs and reports its stages and outputs, or asserts what no tensor holds.</summary>
    public static readonly IReadOnlyDictionary<string, Action<GoldenRun>> Runners = new Dictionary<string, Action<GoldenRun>>
    {
        ["dc-ae"] = DcAutoencoderKind.Run,
        ["dpm-solver"] = DpmSolverKind.Run,
        ["dpm-solver-schedule"] = DpmSolverKind.RunSchedule,
        ["reflect-transformer"] = ReflectTransformerKind.Run,
        ["sana-transformer"] = SanaTransformerKind.Run,
    };

    /// <summary>Those that nothing is built for yet, and the few that other tests of the repository read.</summary>
    public static readonly IReadOnlySet<string> NotYetBuilt = new HashSet<string>
    {
        "clip", "cv2-resize", "gemma2", "geneval-crops", "image-decode", "image-postprocess",
        "image-processors", "judge-chat", "mask2former-hf", "mask2former-mmdet", "pillow-resize", "qwen-preprocess",
        "qwen25-vl", "reflect-pipeline", "sana-instruction", "sana-pipeline", "siglip-vision",
        "text-preprocessing", "tokenizer", "tokenizer-real", "torch-cpu-noise", "dpg-bench-score",
    };
}

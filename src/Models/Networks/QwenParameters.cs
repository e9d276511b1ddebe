using System.ComponentModel.DataAnnotations;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>How a Qwen2.5-VL answers a question: each of these changes the answer, and is part of the model's identity.</summary>
/// <param name="Model">Name, for people.</param>
/// <param name="MaxTokens">Of an answer, which ends there.</param>
public sealed record QwenAnswererParameters(
    string Model,
    [property: AllowedValues("bf16", "fp32")] string Dtype = "bf16",
    [property: Range(1, 64)] int MaxTokens = 8);

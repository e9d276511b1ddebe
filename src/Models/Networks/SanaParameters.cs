using System.ComponentModel.DataAnnotations;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>How a SANA or a Reflect-DiT draws: each of these changes the image, and is part of the model's identity.</summary>
/// <param name="Model">Name, for people.</param>
/// <param name="Dtype">
/// Of the transformer: <c>bf16</c> as published, <c>fp32</c>, <c>fp16</c>. What encodes and decodes is in bf16, or in fp32
/// where the transformer is.
/// </param>
/// <param name="Quirks">Of a Reflect-DiT: <c>paper</c> draws as the released code does, <c>clean</c> as it was meant.</param>
/// <param name="ImageTokens">Of each past image.</param>
/// <param name="Instruction">What stands in front of a prompt: <c>sana</c>, the text that the published weights were trained with, or <c>none</c>.</param>
/// <param name="PromptTokens">Tokens of a prompt that the transformer is given, the first of which is <c>&lt;bos&gt;</c>.</param>
/// <param name="FeedbackTokens">Likewise of each feedback.</param>
/// <param name="FeedbackInstruction">
/// What stands in front of each feedback, and of which the transformer is given nothing: <c>none</c>, as the released scripts draw;
/// what their <c>--add_prefix_feedback</c> puts there has no licence, and is the user's to fill in.
/// </param>
/// <param name="Transformer">The folder of the snapshot that holds the transformer: a snapshot may have several, each tuned in its own way.</param>
/// <param name="Variant">Which of a snapshot's files: those with it in their names, where a part has such; <c>none</c>: those without.</param>
public sealed record SanaParameters(
    string Model,
    [property: Range(1, 1000)] int Steps = 20,
    [property: Range(0.0, 100)] double Guidance = 4.5,
    [property: Range(32, 4096)] int Height = 1024,
    [property: Range(32, 4096)] int Width = 1024,
    [property: AllowedValues("bf16", "fp32", "fp16")] string Dtype = "bf16",
    [property: AllowedValues("paper", "clean")] string Quirks = "paper",
    [property: Range(1, 576)] int ImageTokens = 64,
    [property: AllowedValues("sana", "none")] string Instruction = "sana",
    [property: Range(2, 300)] int PromptTokens = 300,
    [property: Range(2, 300)] int FeedbackTokens = 300,
    string FeedbackInstruction = "none",
    [property: RegularExpression("[A-Za-z0-9_-]+")] string Transformer = "transformer",
    [property: AllowedValues("none", "bf16", "fp16", "fp32")] string Variant = "none");

using System.ComponentModel.DataAnnotations;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>How GenEval's detector looks at an image: each of these changes what it finds, and is part of the model's identity.</summary>
/// <param name="Model">Name, for people.</param>
/// <param name="Clip"><c>amp</c> names colours in fp16 where CUDA's autocast does, as the published numbers were made; or <c>fp32</c>.</param>
/// <param name="LeastScore">Objects with a lower one are left out: GenEval's rules look at none of them.</param>
/// <param name="Longest">What the longer side of an image may have when it is resized.</param>
/// <param name="Shortest">Likewise the shorter one.</param>
public sealed record Mask2FormerParameters(
    string Model,
    [property: AllowedValues("amp", "fp32")] string Clip = "amp",
    [property: Range(0.0, 1)] double LeastScore = 0.3,
    [property: Range(32, 8192)] int Longest = 1333,
    [property: Range(32, 8192)] int Shortest = 800);

/// <summary>The same of Mask2Former as transformers has it, whose processor says how images are resized.</summary>
/// <inheritdoc cref="Mask2FormerParameters"/>
public sealed record HuggingFaceDetectorParameters(
    string Model,
    [property: AllowedValues("amp", "fp32")] string Clip = "amp",
    [property: Range(0.0, 1)] double LeastScore = 0.3);

using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// How a generator behind a server draws: each of these changes the image, and is part of the model's identity. What is left
/// out is the server's to choose, and not known.
/// </summary>
/// <param name="Model">As the server calls it.</param>
/// <param name="Dialect">
/// Of the server: <c>vllm-omni</c> and <c>sglang</c> take seed, steps and guidance; <c>openai</c> takes neither, and is sent
/// no seed.
/// </param>
/// <param name="SeedBits">Seeds are folded to so many bits.</param>
/// <param name="Quality">Of the dialect openai.</param>
/// <param name="Edit">Draws from past images by editing them.</param>
/// <param name="Rewrite">Draws from past images by rewriting the prompt. With neither, it takes no context.</param>
public sealed record OpenAiImagesParameters(
    string Model,
    [property: AllowedValues(OpenAiImagesParameters.VllmOmni, OpenAiImagesParameters.Sglang, OpenAiImagesParameters.OpenAi)] string Dialect,
    [property: Range(16, 8192)] int Width = 1024,
    [property: Range(16, 8192)] int Height = 1024,
    [property: Range(1, 63)] int SeedBits = 31,
    [property: Range(1, 1000), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Steps = null,
    [property: Range(0.0, 100), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Guidance = null,
    [property: Range(0.0, 100), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? TrueCfg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NegativePrompt = null,
    [property: AllowedValues("cpu", "cuda"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? GeneratorDevice = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Quality = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] EditParameters? Edit = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RewriteParameters? Rewrite = null) : IEndpointParameters
{
    internal const string VllmOmni = "vllm-omni";
    internal const string Sglang = "sglang";
    internal const string OpenAi = "openai";

    /// <inheritdoc/>
    [JsonIgnore]
    public string? Fault =>
        Edit is not null && Rewrite is not null ? "'edit' and 'rewrite' are two ways to use a context: give one"
        : Dialect == OpenAi && (Steps ?? Guidance ?? TrueCfg) is not null ? "the dialect openai takes no steps, guidance or true_cfg"
        : Dialect == OpenAi && (NegativePrompt ?? GeneratorDevice) is not null ? "the dialect openai takes no negative_prompt or generator_device"
        : Dialect != OpenAi && Quality is not null ? "only the dialect openai takes a quality"
        : PromptTemplate.Fault(Edit?.Template, PromptTemplate.Prompt, PromptTemplate.Feedback)
            ?? PromptTemplate.Fault(Rewrite?.Template, PromptTemplate.Prompt, PromptTemplate.Feedback);
}

/// <summary>What a record of parameters says of itself that its form does not.</summary>
public interface IEndpointParameters
{
    /// <summary>What of it does not fit together; null for nothing.</summary>
    string? Fault { get; }
}

/// <summary>Draws by editing past images.</summary>
/// <param name="Images">The <c>last</c> of the context, or <c>all</c> of it, in its order.</param>
/// <param name="Template">Of what is asked for, with <c>{prompt}</c> and <c>{feedback}</c>.</param>
public sealed record EditParameters(
    [property: AllowedValues("last", "all")] string Images = "last",
    string Template = "Change the image so that it shows: {prompt}. What is wrong with it now: {feedback}");

/// <summary>Draws from a prompt that a language model has written anew from the feedback.</summary>
/// <param name="Model">As its server calls it.</param>
/// <param name="Template">Of what it is asked, with <c>{prompt}</c> and <c>{feedback}</c>.</param>
/// <param name="Dialect">See <see cref="ChatDialect"/>.</param>
public sealed record RewriteParameters(
    string Model,
    string Template =
        "An image generator was given this prompt:\n{prompt}\n\nThis is what was wrong with its images:\n{feedback}\n\n"
        + "Write a prompt that asks for the same image and makes those mistakes less likely. Answer with the new prompt alone.",
    [property: AllowedValues(ChatDialect.Vllm, ChatDialect.OldVllm, ChatDialect.Sglang, ChatDialect.OpenAi, ChatDialect.Plain)] string Dialect = ChatDialect.Plain,
    [property: Range(1, 100_000)] int MaxTokens = 512);

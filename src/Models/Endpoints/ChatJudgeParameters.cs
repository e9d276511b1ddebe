using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>How a judge behind a server is asked and understood: all of it is part of the model's identity.</summary>
/// <param name="Model">As the server calls it.</param>
/// <param name="Dialect">See <see cref="ChatDialect"/>.</param>
/// <param name="Template">Of the question beside the image, with <c>{prompt}</c>.</param>
/// <param name="Verdict">
/// <c>json</c>: an object with <c>accepted</c> and <c>feedback</c>; <c>is-correct</c>: the published rule, by which an image is
/// accepted where these words stand, and what follows the last full stop is the feedback.
/// </param>
/// <param name="KeepLastSentence">Of the rule is-correct: a text that ends in a full stop has feedback too (the released code has none).</param>
/// <param name="Score">
/// <c>verdict</c>: 1 or 0; <c>json</c>: the number <c>score</c> of the object; <c>logprobs</c>: the share of yes in a second
/// question's first token.
/// </param>
/// <param name="ScoreTemplate">Of the second question.</param>
public sealed record ChatJudgeParameters(
    string Model,
    [property: AllowedValues(ChatDialect.Vllm, ChatDialect.OldVllm, ChatDialect.Sglang, ChatDialect.OpenAi, ChatDialect.Plain)] string Dialect,
    string Template =
        "Does this image show exactly what this prompt asks for?\n{prompt}\n\nAnswer with a JSON object: \"accepted\" is true or false; \"feedback\" is one "
        + "sentence that says what is wrong, or is empty.",
    [property: AllowedValues("json", "is-correct")] string Verdict = "json",
    bool KeepLastSentence = false,
    [property: AllowedValues("verdict", "json", "logprobs")] string Score = "verdict",
    string ScoreTemplate = "Does this image show exactly what this prompt asks for? Answer yes or no.\n{prompt}",
    [property: Range(1, 100_000)] int MaxTokens = 512,
    [property: Range(0.5, 2.0)] double RepetitionPenalty = 1) : IEndpointParameters
{
    /// <inheritdoc/>
    [JsonIgnore]
    public string? Fault =>
        Score == "json" && Verdict != "json" ? "the score is in the JSON of a verdict, and the verdict is none: see 'verdict'"
        : PromptTemplate.Fault(Template, PromptTemplate.Prompt) ?? PromptTemplate.Fault(ScoreTemplate, PromptTemplate.Prompt);
}

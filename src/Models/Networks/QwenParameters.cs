using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Core.Judging;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>How a Qwen2.5-VL judges an image: each of these changes the judgement, and is part of the model's identity.</summary>
/// <param name="Model">Name, for people.</param>
/// <param name="Dtype"><c>bf16</c> as published, or <c>fp32</c>.</param>
/// <param name="Feedback">
/// What is kept of its words: <c>paper</c> what follows the last full stop, which is nothing where they end in one;
/// <c>clean</c> keeps the last sentence.
/// </param>
/// <param name="Template">What it is asked beside the image, with the prompt for <c>{prompt}</c>.</param>
/// <param name="ScoreQuestion">
/// Likewise what it is asked for its score: to be answered with yes or no. <c>none</c> to ask nothing more: the score is then the
/// chance that its answer begins as <paramref name="Accepts"/> does, for a judge whose first word decides.
/// </param>
/// <param name="Accepts">The words that accept an image, wherever they occur in its answer: by default those of the released judge.</param>
/// <param name="MaxTokens">Of its words, which end there.</param>
/// <param name="Temperature">0 to take the best token; else tokens are drawn by the seed of the request.</param>
public sealed record QwenJudgeParameters(
    string Model,
    [property: AllowedValues("bf16", "fp32")] string Dtype = "bf16",
    [property: AllowedValues("paper", "clean")] string Feedback = "paper",
    string Template = QwenJudgeParameters.OwnTemplate,
    string ScoreQuestion = QwenJudgeParameters.OwnScoreQuestion,
    [property: MinLength(1)] string Accepts = JudgeText.Acceptance,
    [property: Range(1, 1024)] int MaxTokens = 128,
    [property: Range(0.0, 10)] double Temperature = 0)
{
    private const string OwnTemplate =
        "This image was drawn for the prompt \"{prompt}\". Compare it with the prompt: objects, how many there are, colours, and where "
        + "they are. If nothing is wrong, answer: The image is correct. Otherwise answer: The image is incorrect. Then say what is "
        + "wrong in one short sentence that does not end in a full stop.";

    private const string OwnScoreQuestion = "Does this image show all of \"{prompt}\"? Answer with yes or no.";

    /// <summary>
    /// SHA-256 of the released judge's template (geneval_utils.py, line 332). The text has no licence, so this program does
    /// not hold it.
    /// </summary>
    private const string PublishedTemplate = "1e3ef3b42dd23d33fbdbd133483b3e34b2723a4250bf18191cc995ca12832fe8";

    /// <summary>Whether the judge is asked in the words that the released one was tuned with.</summary>
    public bool AsksAsPublished() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Template))) == PublishedTemplate;
}

/// <summary>How a Qwen2.5-VL answers a question: each of these changes the answer, and is part of the model's identity.</summary>
/// <param name="Model">Name, for people.</param>
/// <param name="Dtype"><c>bf16</c> as published, or <c>fp32</c>.</param>
/// <param name="Template">What it is asked beside the image, with the question for <c>{question}</c>.</param>
/// <param name="MaxTokens">Of an answer, which ends there.</param>
public sealed record QwenAnswererParameters(
    string Model,
    [property: AllowedValues("bf16", "fp32")] string Dtype = "bf16",
    string Template = "{question} Answer with one word.",
    [property: Range(1, 64)] int MaxTokens = 8);

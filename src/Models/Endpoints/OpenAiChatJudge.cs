using System.Diagnostics;
using System.Text.Json;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>A vision-language model behind a server, as judge.</summary>
public sealed class OpenAiChatJudge : IJudge
{
    private readonly ChatJudgeParameters _parameters;
    private readonly ChatClient _chat;

    /// <exception cref="NotSupportedException">The placement names no server, or what no such model has.</exception>
    /// <exception cref="ModelUnavailableException">The server cannot be asked, or has no such model.</exception>
    public OpenAiChatJudge(Placement placement, ChatJudgeParameters parameters, TimeProvider? time = null)
    {
        if (parameters.Fault is { } fault)
        {
            throw new NotSupportedException(fault);
        }

        _parameters = parameters;
        _chat = new("judge", placement, parameters.Model, parameters.Dialect, time);
        Batches = new(1, _chat.Concurrency);
    }

    /// <summary>Of its name, not of its weights.</summary>
    public string Digest => _chat.Digest;

    public BatchPolicy Batches { get; }

    public Task<IDisposable?> AdmitAsync(CancellationToken withdrawn) => _chat.AdmitAsync(withdrawn);

    public async Task<IReadOnlyList<Judgement>> AnswerAsync(IReadOnlyList<JudgeRequest> requests, CancellationToken withdrawn)
    {
        var judgements = new List<Judgement>();
        foreach (var request in requests)
        {
            judgements.Add(await JudgeAsync(request, withdrawn));
        }

        return judgements;
    }

    public void Dispose() => _chat.Dispose();

    private async Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken withdrawn)
    {
        var began = Stopwatch.GetTimestamp();
        var byJson = _parameters.Verdict == "json";
        var answer = await _chat.AskAsync(
            Question(_parameters.Template, request) with { Schema = byJson ? ChatVerdict.Schema(_parameters.Score == "json") : null }, withdrawn);
        var (accepted, score, feedback) = byJson
            ? ChatVerdict.Read(answer.Text, withScore: _parameters.Score == "json")
            : (JudgeText.Accepts(answer.Text), null, JudgeText.Feedback(answer.Text, _parameters.KeepLastSentence));
        var (tokens, price) = (answer.Tokens, answer.Price);
        if (_parameters.Score == "logprobs")
        {
            var graded = await _chat.AskAsync(
                Question(_parameters.ScoreTemplate, request) with { MaxTokens = 1, Logprobs = true, MayBeCut = true }, withdrawn);
            (score, tokens, price) = (graded.Yes(), tokens + graded.Tokens, price + graded.Price);
        }

        var share = score ?? (accepted ? 1 : 0);
        return new(new(accepted, share, 1 - share, feedback), answer.Text, tokens, Stopwatch.GetElapsedTime(began).TotalSeconds)
        {
            Price = price,
        };
    }

    private ChatQuestion Question(string template, JudgeRequest request) => new(
        PromptTemplate.Fill(template, (PromptTemplate.Prompt, request.Prompt)), request.Image, request.Seed, _parameters.MaxTokens)
    {
        RepetitionPenalty = _parameters.RepetitionPenalty,
    };
}

/// <summary>A verdict as a JSON object.</summary>
internal static class ChatVerdict
{
    /// <summary>What a server that can is to bind the answer to.</summary>
    public static string Schema(bool withScore) => withScore
        ? """
        {"type": "object", "properties": {"accepted": {"type": "boolean"}, "feedback": {"type": "string"}, "score": {"type": "number"}},
            "required": ["accepted", "feedback", "score"], "additionalProperties": false}
        """
        : """
        {"type": "object", "properties": {"accepted": {"type": "boolean"}, "feedback": {"type": "string"}},
            "required": ["accepted", "feedback"], "additionalProperties": false}
        """;

    /// <summary>Reads the object of a text, which a model without structured output may put between other words.</summary>
    /// <returns>What is accepted has no feedback, whatever the object says.</returns>
    /// <exception cref="BadAnswerException">There is none, or a member of it is missing.</exception>
    public static (bool Accepted, double? Score, string Feedback) Read(string text, bool withScore)
    {
        var (begin, end) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        try
        {
            using var json = JsonDocument.Parse(begin >= 0 && end > begin ? text[begin..(end + 1)] : text);
            var root = json.RootElement;
            var accepted = root.GetProperty("accepted").GetBoolean();
            var feedback = accepted ? "" : root.GetProperty("feedback").GetString() ?? throw new FormatException("no feedback");
            return (accepted, withScore ? root.GetProperty("score").GetDouble() : null, feedback.Trim());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new BadAnswerException($"a verdict that is no JSON object with 'accepted', 'feedback'{(withScore ? " and 'score'" : "")}: \"{VisibleText.Short(text, 200)}\"");
        }
    }
}

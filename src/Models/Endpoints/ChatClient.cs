using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>Asks a language model behind a server one question, of one image or none; greedily.</summary>
internal sealed class ChatClient : IDisposable
{
    private const int LargestAnswer = 4 << 20;

    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _model;
    private readonly string _dialect;
    private readonly EndpointClient _client;

    /// <param name="role">Of the model, in metrics.</param>
    /// <exception cref="ModelUnavailableException">The server cannot be asked, or has no such model.</exception>
    public ChatClient(string role, Placement placement, string model, string dialect, TimeProvider? time)
    {
        (_model, _dialect) = (model, dialect);
        _client = new(role, placement, time);
        try
        {
            Digest = ServedModel.Check(_client, model);
        }
        catch
        {
            _client.Dispose();
            throw;
        }
    }

    /// <summary>Of its name, not of its weights.</summary>
    public string Digest { get; }

    public int Concurrency => _client.Concurrency;

    public Task<IDisposable?> AdmitAsync(CancellationToken withdrawn) => _client.AdmitAsync(withdrawn);

    /// <exception cref="BadAnswerException">There is no whole answer.</exception>
    /// <exception cref="RequestRefusedException">A filter of the server withheld it.</exception>
    public async Task<ChatAnswer> AskAsync(ChatQuestion question, CancellationToken withdrawn)
    {
        using var content = new StringContent(Body(question).ToJsonString(Form), Encoding.UTF8, "application/json");
        var (answer, price) = await _client.PostAsync("chat/completions", content, LargestAnswer, withdrawn);
        try
        {
            var choice = answer.GetProperty("choices")[0];
            var (message, reason) = (choice.GetProperty("message"), Text(choice, "finish_reason"));
            if (reason == "content_filter" || Text(message, "refusal") is { Length: > 0 })
            {
                throw new RequestRefusedException($"{_model} refuses to answer: {Text(message, "refusal") ?? reason}");
            }

            if (reason == "length" && !question.MayBeCut)
            {
                throw new BadAnswerException($"an answer that is cut off after {question.MaxTokens} tokens: see max_tokens");
            }

            return new(
                Text(message, "content") ?? throw new BadAnswerException("an answer without text"),
                question.Logprobs ? FirstToken(choice) : [],
                question.Logprobs ? Math.Exp(LogprobsOf(choice).Sum(t => t.GetProperty("logprob").GetDouble())) : null,
                Tokens(answer),
                price);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException or FormatException or ArgumentException)
        {
            throw new BadAnswerException($"an answer that is not in the form of chat completions: {JsonFault.Read("", e)}");
        }
    }

    public void Dispose() => _client.Dispose();

    private JsonObject Body(ChatQuestion question)
    {
        var parts = new JsonArray();
        if (question.Image is { } image)
        {
            parts.Add(new JsonObject
            {
                ["type"] = "image_url",
                ["image_url"] = new JsonObject { ["url"] = $"data:{MediaType(image.Span)};base64,{Convert.ToBase64String(image.Span)}" },
            });
        }

        parts.Add(new JsonObject { ["type"] = "text", ["text"] = question.Text });
        var body = new JsonObject
        {
            ["model"] = _model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = parts }),
            ["temperature"] = 0,
            ["seed"] = question.Seed,
            [ChatDialect.MostTokens(_dialect)] = question.MaxTokens,
        };
        if (ChatDialect.HasRepetitionPenalty(_dialect))
        {
            body.Add("repetition_penalty", question.RepetitionPenalty);
        }

        if (question.Logprobs)
        {
            const int MostThatServersGive = 20;
            body.Add("logprobs", true);
            body.Add("top_logprobs", MostThatServersGive);
        }

        if (question.Schema is { } schema)
        {
            ChatDialect.Structure(_dialect, body, JsonNode.Parse(schema)!);
        }

        return body;
    }

    /// <summary>The likeliest first tokens with their log probabilities.</summary>
    private static List<(string Token, double Logprob)> FirstToken(JsonElement choice) =>
        [.. LogprobsOf(choice)[0].GetProperty("top_logprobs").EnumerateArray().Select(t => (t.GetProperty("token").GetString()!, t.GetProperty("logprob").GetDouble()))];

    /// <summary>Of each token of the answer.</summary>
    private static List<JsonElement> LogprobsOf(JsonElement choice) =>
        choice.TryGetProperty("logprobs", out var given) && given.ValueKind == JsonValueKind.Object
            && given.TryGetProperty("content", out var tokens) && tokens.ValueKind == JsonValueKind.Array && tokens.GetArrayLength() > 0
            ? [.. tokens.EnumerateArray()]
            : throw new BadAnswerException("an answer without logprobs, which were asked for: this server has none, or not for this model");

    private static int Tokens(JsonElement answer) =>
        answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
            && usage.TryGetProperty("total_tokens", out var total) && total.TryGetInt32(out var tokens)
            ? tokens
            : 0;

    private static string? Text(JsonElement element, string key) =>
        element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string MediaType(ReadOnlySpan<byte> image) =>
        image.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? "image/jpeg" : image.StartsWith("RIFF"u8) ? "image/webp" : "image/png";
}

/// <param name="Image">An encoded image file; null for none.</param>
/// <param name="Schema">JSON schema that the answer is bound to where the server can; null for free text.</param>
internal sealed record ChatQuestion(string Text, ReadOnlyMemory<byte>? Image, long Seed, int MaxTokens, string? Schema = null)
{
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Asks for the likeliest first tokens too.</summary>
    public bool Logprobs { get; init; }

    /// <summary>An answer that ends where its tokens do is whole.</summary>
    public bool MayBeCut { get; init; }
}

/// <param name="FirstToken">The likeliest first tokens, where they were asked for.</param>
/// <param name="Probability">Of the whole text, likewise; else null.</param>
/// <param name="Tokens">In and out; 0 where the server does not say.</param>
/// <param name="Price">See <see cref="PricedAnswer"/>.</param>
internal sealed record ChatAnswer(string Text, IReadOnlyList<(string Token, double Logprob)> FirstToken, double? Probability, int Tokens, double? Price)
{
    /// <summary>The share of yes among yes and no, each in any letters, by the softmax of the first token.</summary>
    /// <exception cref="BadAnswerException">Neither is among the likeliest.</exception>
    public double Yes()
    {
        var (yes, no) = (Mass("yes"), Mass("no"));
        return yes + no > 0
            ? yes / (yes + no)
            : throw new BadAnswerException($"neither yes nor no is among the likeliest first tokens: it answers \"{Core.Text.VisibleText.Short(Text)}\"");
    }

    private double Mass(string word) => FirstToken
        .Where(t => t.Token.Trim().Equals(word, StringComparison.OrdinalIgnoreCase))
        .Sum(t => Math.Exp(t.Logprob));
}

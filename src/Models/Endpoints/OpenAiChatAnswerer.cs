using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>How a model behind a server answers a question: each of these changes the answer, and is part of its identity.</summary>
/// <param name="Model">As the server calls it.</param>
/// <param name="Dialect">See <see cref="ChatDialect"/>.</param>
/// <param name="Template">Around the question of a scorer, <c>{question}</c>.</param>
/// <param name="Probability">Asks for the probability of the answer, which not every server has.</param>
public sealed record ChatAnswererParameters(
    string Model,
    [property: AllowedValues(ChatDialect.Vllm, ChatDialect.OldVllm, ChatDialect.Sglang, ChatDialect.OpenAi, ChatDialect.Plain)] string Dialect,
    string Template = PromptTemplate.Question,
    bool Probability = false,
    [property: Range(1, 1000)] int MaxTokens = 16,
    [property: Range(0.5, 2.0)] double RepetitionPenalty = 1) : IEndpointParameters
{
    /// <inheritdoc/>
    [JsonIgnore]
    public string? Fault => PromptTemplate.Fault(Template, PromptTemplate.Question);
}

/// <summary>A vision-language model behind a server, as answerer of a scorer's questions.</summary>
public sealed class OpenAiChatAnswerer : IAnswerer
{
    private readonly ChatAnswererParameters _parameters;
    private readonly ChatClient _chat;

    /// <exception cref="NotSupportedException">The placement names no server, or what no such model has.</exception>
    /// <exception cref="ModelUnavailableException">The server cannot be asked, or has no such model.</exception>
    public OpenAiChatAnswerer(Placement placement, ChatAnswererParameters parameters, TimeProvider? time = null)
    {
        if (parameters.Fault is { } fault)
        {
            throw new NotSupportedException(fault);
        }

        _parameters = parameters;
        _chat = new("answerer", placement, parameters.Model, parameters.Dialect, time);
        Batches = new(1, _chat.Concurrency);
    }

    /// <summary>Of its name, not of its weights.</summary>
    public string Digest => _chat.Digest;

    public BatchPolicy Batches { get; }

    public Task<IDisposable?> AdmitAsync(CancellationToken withdrawn) => _chat.AdmitAsync(withdrawn);

    public async Task<IReadOnlyList<Answer>> AnswerAsync(IReadOnlyList<AnswerRequest> requests, CancellationToken withdrawn)
    {
        var answers = new List<Answer>();
        foreach (var request in requests)
        {
            var began = Stopwatch.GetTimestamp();
            var asked = PromptTemplate.Fill(_parameters.Template, (PromptTemplate.Question, request.Question));
            var answer = await _chat.AskAsync(
                new(asked, request.Image, Seed: 0, _parameters.MaxTokens)
                {
                    RepetitionPenalty = _parameters.RepetitionPenalty,
                    Logprobs = _parameters.Probability,
                    MayBeCut = true,
                },
                withdrawn);
            answers.Add(new(answer.Text.Trim(), answer.Probability, answer.Tokens, Stopwatch.GetElapsedTime(began).TotalSeconds) { Price = answer.Price });
        }

        return answers;
    }

    public void Dispose() => _chat.Dispose();
}

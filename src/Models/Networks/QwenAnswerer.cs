using System.Diagnostics;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>Answers questions with a Qwen2.5-VL, greedily.</summary>
public sealed class QwenAnswerer : IAnswerer
{
    private const string Question = "{question}";

    private readonly QwenChats _chats;
    private readonly QwenAnswererParameters _parameters;

    /// <exception cref="NotSupportedException">The placement names no folder, or the template does not hold the question.</exception>
    /// <exception cref="ReflectDiT.Eval.Networks.Checkpoints.CheckpointException">The folder does not hold what it should.</exception>
    public QwenAnswerer(ModelConfiguration model, Placement placement, QwenAnswererParameters parameters)
    {
        if (!parameters.Template.Contains(Question, StringComparison.Ordinal))
            throw new NotSupportedException($"its template does not hold {Question}: the answerer would not know what it is asked");
        _parameters = parameters;
        _chats = new(model, placement, parameters.Dtype);
        Batches = new(model.Batch ?? 1);
    }

    public string Digest => _chats.Digest;

    public BatchPolicy Batches { get; }

    public string BatchKey(AnswerRequest request) => _chats.Key(request.Image, Ask(request));

    /// <summary>Occupies its thread: nothing here waits for anything but the device.</summary>
    public Task<IReadOnlyList<Answer>> AnswerAsync(IReadOnlyList<AnswerRequest> requests, CancellationToken withdrawn) =>
        Task.FromResult(_chats.InBatches(requests, BatchKey, rows =>
        {
            var began = Stopwatch.GetTimestamp();
            var words = _chats.Say(_chats.See(rows.Select(row => row.Image)), [.. rows.Select(Ask)], _parameters.MaxTokens, withdrawn);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds / rows.Count;
            return words.Select(said => new Answer(said.Text.Trim(), said.Probability, said.Tokens, seconds));
        }));

    public void Dispose() => _chats.Dispose();

    private string Ask(AnswerRequest request) => _parameters.Template.Replace(Question, request.Question, StringComparison.Ordinal);
}

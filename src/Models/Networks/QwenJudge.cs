using System.Diagnostics;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Networks;

/// <summary>
/// Judges with a Qwen2.5-VL. What it says in words decides, as the released judge does (geneval_utils.py, lines 361 to 366);
/// a second question, to be answered with yes or no, gives the score, of which the first words know nothing. Where none is
/// asked, the chance of a first word that accepts is the score.
/// </summary>
public sealed class QwenJudge : IJudge
{
    private const string Prompt = "{prompt}";

    /// <summary>In the place of a second question.</summary>
    private const string None = "none";

    private readonly QwenChats _chats;
    private readonly QwenJudgeParameters _parameters;

    /// <exception cref="NotSupportedException">The placement names no folder, or a question does not hold the prompt.</exception>
    /// <exception cref="ReflectDiT.Eval.Networks.Checkpoints.CheckpointException">The folder does not hold what it should.</exception>
    public QwenJudge(ModelConfiguration model, Placement placement, QwenJudgeParameters parameters)
    {
        foreach (var (name, text) in new[] { ("template", parameters.Template), ("score_question", parameters.ScoreQuestion) })
        {
            if (text != None && !text.Contains(Prompt, StringComparison.Ordinal))
                throw new NotSupportedException($"its {name} does not hold {Prompt}: the judge would not see what the image should show");
        }

        _parameters = parameters;
        _chats = new(model, placement, parameters.Dtype);
        Batches = new(model.Batch ?? 1);
    }

    public string Digest => _chats.Digest;

    public BatchPolicy Batches { get; }

    public bool UsesSeed => _parameters.Temperature > 0;

    private bool AsksForScore => _parameters.ScoreQuestion != None;

    public string BatchKey(JudgeRequest request) =>
        AsksForScore ? _chats.Key(request.Image, Ask(request), AskForScore(request)) : _chats.Key(request.Image, Ask(request));

    /// <summary>Occupies its thread: nothing here waits for anything but the device.</summary>
    public Task<IReadOnlyList<Judgement>> AnswerAsync(IReadOnlyList<JudgeRequest> requests, CancellationToken withdrawn) =>
        Task.FromResult(_chats.InBatches(requests, BatchKey, rows => Judge(rows, withdrawn)));

    public void Dispose() => _chats.Dispose();

    private IEnumerable<Judgement> Judge(IReadOnlyList<JudgeRequest> requests, CancellationToken withdrawn)
    {
        var began = Stopwatch.GetTimestamp();
        var seen = _chats.See(requests.Select(request => request.Image));
        var said = _chats.Say(
            seen, [.. requests.Select(Ask)], _parameters.MaxTokens, withdrawn,
            UsesSeed ? [.. requests.Select(request => (ulong)request.Seed)] : null, UsesSeed ? _parameters.Temperature : 1, _parameters.Accepts);
        var weighed = AsksForScore
            ? _chats.Weigh(seen, [.. requests.Select(AskForScore)], "yes", "no")
            : said.Select(words => (First: words.Accepts, Second: words.Others, Tokens: 0));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds / requests.Count;
        return said.Zip(weighed, (words, scored) =>
        {
            var logits = new YesNoLogits(scored.First, scored.Second);
            var feedback = JudgeText.Feedback(words.Text, keepLastSentence: _parameters.Feedback == "clean", _parameters.Accepts);
            var verdict = new Verdict(JudgeText.Accepts(words.Text, _parameters.Accepts), logits.Score, 1 - logits.Score, feedback);
            return new Judgement(verdict, words.Text, words.Tokens + scored.Tokens, seconds) { Logits = logits };
        });
    }

    private string Ask(JudgeRequest request) => _parameters.Template.Replace(Prompt, request.Prompt, StringComparison.Ordinal);

    private string AskForScore(JudgeRequest request) => _parameters.ScoreQuestion.Replace(Prompt, request.Prompt, StringComparison.Ordinal);
}

using System.Text.Json;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.DpgBench;

/// <summary>DPG-Bench's questions as a scorer: an image has one picture.</summary>
/// <param name="official">With the quirks of the published script.</param>
/// <param name="resolution">The side of the picture that is cut from the upper left, as the script does; null for the whole image.</param>
internal sealed class DpgScorer(ModelConfiguration answerer, bool official, int? resolution, IReadOnlyList<DpgItem> items) : IAnswerScorer
{
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public ModelConfiguration Model => answerer;

    public string? Options => JsonSerializer.Serialize(new { resolution }, Form);

    public bool CountsLastAlone => official;

    /// <summary>The published answerer knows two answers; another is told which they are.</summary>
    public IReadOnlyList<string> Questions(int prompt) =>
        [.. items[prompt].Questions.Select(q => $"{q.Text} Answer with one word in small letters: yes or no.")];

    public ReadOnlyMemory<byte> Picture(ReadOnlyMemory<byte> image) =>
        resolution is { } side ? PngWriter.Encode(DpgFiles.Picture(ImageReader.Decode(image), 0, side)) : image;

    public Score Score(int prompt, IReadOnlyList<string> answers)
    {
        var item = items[prompt];
        bool[] said = [.. answers.Select(IsYes)];
        var score = official ? DpgScore.Of(item, [said]) : DpgScore.Corrected(item, said);
        var wrong = string.Join('\n', item.Questions.Zip(said).Where(q => !q.Second).Select(q => $"no: {q.First.Text.ReplaceLineEndings(" ")}"));
        return new(score.Average, score.Average == 1, wrong, EvidenceOf(answers, score.Answers));
    }

    internal static string EvidenceOf(IReadOnlyList<string> answers, IReadOnlyList<bool> counted) =>
        JsonSerializer.Serialize(new Evidence(answers, counted), Form);

    public IEnumerable<(IReadOnlyList<string> Categories, bool Holds)> Parts(int prompt, string evidence) =>
        items[prompt].Questions.Zip(JsonSerializer.Deserialize<Evidence>(evidence, Form)!.Counted)
            .Select(q => ((IReadOnlyList<string>)[q.First.Broad, q.First.Fine], q.Second));

    /// <summary>Only the very word is a yes to the script; else any spelling of it.</summary>
    private bool IsYes(string answer) =>
        official ? DpgScore.IsYes(answer) : DpgScore.IsYes(answer.Trim().TrimEnd('.', '!', ',').ToLowerInvariant());

    /// <param name="Answers">As they were given.</param>
    /// <param name="Counted">Whether each counts for its categories.</param>
    private sealed record Evidence(IReadOnlyList<string> Answers, IReadOnlyList<bool> Counted);
}

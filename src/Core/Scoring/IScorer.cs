using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Core.Scoring;

/// <summary>
/// How a benchmark scores an image: which model looks at it, and what the answer is worth. Whoever runs it asks the model;
/// a scorer is pure, so that equal answers have equal scores. Prompts go by their place in the benchmark.
/// </summary>
public interface IScorer
{
    ModelConfiguration Model { get; }

    /// <summary>What else the scores depend on, as JSON; null where images were scored elsewhere, with what is not known.</summary>
    string? Options { get; }

    /// <summary>What the evidence of a score says was seen, for people who look at the image; none where it is of another kind.</summary>
    IReadOnlyList<SeenBox> Boxes(string evidence) => [];
}

/// <summary>An object that a scorer saw.</summary>
/// <param name="Counted">The rules looked at it.</param>
public sealed record SeenBox(string Label, Detection Box, bool Counted);

/// <summary>Scores by the objects that a detector finds.</summary>
public interface IDetectorScorer : IScorer
{
    /// <param name="found">Class to its detections, in the detector's order.</param>
    /// <exception cref="InvalidDataException">The detector says what the benchmark does not know.</exception>
    Score Score(int prompt, IReadOnlyDictionary<string, IReadOnlyList<Detection>> found);
}

/// <summary>Scores by what a judge says of the image: not the judge of the arm, even where it is the same model.</summary>
public interface IJudgeScorer : IScorer
{
    /// <summary>What the judge is told that the image should show: the prompt, or more than that.</summary>
    string Asked(int prompt, string text) => text;

    Score Score(int prompt, Verdict said);
}

/// <summary>Scores by what an answerer says to questions about the image.</summary>
public interface IAnswerScorer : IScorer
{
    /// <summary>In the order in which they are asked, worded so that the answer is yes or no.</summary>
    IReadOnlyList<string> Questions(int prompt);

    /// <summary>The part of an image that is looked at; encoded files both.</summary>
    ReadOnlyMemory<byte> Picture(ReadOnlyMemory<byte> image) => image;

    /// <summary>Of several replicates the last alone counts for categories.</summary>
    bool CountsLastAlone => false;

    /// <param name="answers">In the order of the questions.</param>
    Score Score(int prompt, IReadOnlyList<string> answers);

    /// <summary>What was asked and whether it holds, from what a score was made from, each with the categories it counts in.</summary>
    IEnumerable<(IReadOnlyList<string> Categories, bool Holds)> Parts(int prompt, string evidence);
}

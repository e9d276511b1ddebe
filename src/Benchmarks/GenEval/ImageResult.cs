using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>What the published summary needs of one scored image.</summary>
/// <param name="Metadata">The metadata line as text: images with equal text are images of one prompt.</param>
public sealed record ImageResult(string Tag, string Prompt, string Metadata, bool Correct)
{
    /// <summary>Reads a line of the published scorer's results file; its other keys are ignored.</summary>
    /// <exception cref="InvalidDataException">The line is not such a result.</exception>
    public static ImageResult Parse(string line) => JsonReading.Line(line, json => new ImageResult(
        json.Required("tag").Text("tag"),
        json.Required("prompt").Text("prompt"),
        json.Required("metadata").Text("metadata"),
        json.Required("correct").Truth("correct")));
}

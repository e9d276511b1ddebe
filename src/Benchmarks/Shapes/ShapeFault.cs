using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

public enum FaultKind
{
    /// <summary>An object is not there, and nothing else in its place.</summary>
    Missing,

    /// <summary>An object is not there, but one that nobody asked for.</summary>
    Shape,
    Count,
    Colour,
    Relation,
}

/// <summary>What is wrong with an image of the world of shapes, and the sentence that says so: of few words, to be learned.</summary>
/// <param name="Class">The shape that the prompt asks for.</param>
/// <param name="Wanted">A number, a colour, or a relation and its target ("left of the ring"); empty for none of these.</param>
/// <param name="Found">What is there instead: a number, a colour, a relation or two, another shape; empty for nothing.</param>
public sealed record ShapeFault(FaultKind Kind, string Class, string Wanted, string Found)
{
    private static readonly string[] NumberWords =
        ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

    /// <summary>Without a final stop, as the released judge gives its reason.</summary>
    public string ToSentence() => Kind switch
    {
        FaultKind.Missing => $"there is no {Class}",
        FaultKind.Shape => $"there should be a {Class} but there is a {Found}",
        FaultKind.Count => $"there should be {Wanted} {Class}{(Class.EndsWith('s') ? "es" : "s")} but there {(Found == "one" ? "is" : "are")} {Found}",
        _ => $"the {Class} should be {Wanted} but it is {Found}",
    };

    /// <summary>The first fault that GenEval's rules find, in their order; null for a correct image.</summary>
    /// <param name="found">Class to its detections.</param>
    public static ShapeFault? First(PromptMetadata prompt, IReadOnlyDictionary<string, IReadOnlyList<Detection>> found)
    {
        var score = GenEvalRules.Score(prompt, found, ShapesBenchmark.World.Options);
        if (score.Correct)
        {
            return null;
        }

        var kept = score.Kept.ToDictionary(k => k.Class, k => (IReadOnlyList<Detection>)[.. k.Indices.Select(i => found[k.Class][i])]);
        return prompt.Include.Select(OfClause).FirstOrDefault(f => f is not null)
            ?? prompt.Include.Where(c => c.Position is not null).Select(OfPosition).First();

        ShapeFault? OfClause(Clause clause)
        {
            var objects = kept.GetValueOrDefault(clause.Class, []);
            if (prompt.Exclude.Any(e => e.Class == clause.Class) && objects.Count != clause.Count)
            {
                return new(FaultKind.Count, clause.Class, Number(clause.Count), Number(objects.Count));
            }

            if (objects.Count < clause.Count)
            {
                var other = ShapeWorld.Classes.All.FirstOrDefault(c => kept.ContainsKey(c) && prompt.Include.All(i => i.Class != c));
                return new(other is null ? FaultKind.Missing : FaultKind.Shape, clause.Class, "", other ?? "");
            }

            var colour = objects[0].Colour;
            return clause.Colour is null || clause.Colour == colour
                ? null
                : new(FaultKind.Colour, clause.Class, clause.Colour, colour ?? "another colour");
        }

        ShapeFault OfPosition(Clause clause)
        {
            var target = prompt.Include[clause.Position!.Target].Class;
            var (horizontal, vertical) = BoxGeometry.Relations(
                kept[clause.Class][0], kept[target][0], (float)ShapesBenchmark.World.Options.PositionThreshold);
            string?[] seen = [vertical, horizontal?.Replace(" of", "", StringComparison.Ordinal)];
            var words = string.Join(" and ", seen.Where(s => s is not null));
            return new(FaultKind.Relation, clause.Class, $"{clause.Position.Relation} the {target}", words.Length > 0 ? words : "at the same place");
        }
    }

    private static string Number(int count) => count < NumberWords.Length ? NumberWords[count] : "many";
}


namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

public enum FaultKind
{
    Missing,
    Count,
    Colour,
    Relation,
}

/// <summary>
/// One thing that is wrong with an image, and the sentence that the simulated judge says of it and the simulated
/// generator reads. Without a final stop, as the released judge gives its reason (research: geneval_utils.py, 362).
/// </summary>
/// <param name="Wanted">A count, a colour, or a relation and target ("left of the dog"); empty when missing.</param>
/// <param name="Found">What is there instead; empty when missing.</param>
public sealed record Fault(FaultKind Kind, string Class, string Wanted, string Found)
{
    private const StringComparison IgnoreCase = StringComparison.OrdinalIgnoreCase;
    private const string NoClass = "There is no ";
    private const string InImage = " in the image";
    private const string The = "The ";
    private const string CountOf = "count of ";
    private const string ShouldBe = " should be ";
    private const string ButIs = " but is ";

    public static Fault Missing(string name) => new(FaultKind.Missing, name, "", "");

    public static Fault Count(string name, int wanted, int found) =>
        new(FaultKind.Count, name, $"{wanted}", $"{found}");

    public static Fault Colour(string name, string wanted, string found) =>
        new(FaultKind.Colour, name, wanted, found);

    public static Fault Relation(string name, string relation, string target) =>
        new(FaultKind.Relation, name, $"{relation} the {target}", "elsewhere");

    public string ToSentence() => Kind switch
    {
        FaultKind.Missing => $"{NoClass}{Class}{InImage}",
        FaultKind.Count => $"{The}{CountOf}{Class}{ShouldBe}{Wanted}{ButIs}{Found}",
        _ => $"{The}{Class}{ShouldBe}{Wanted}{ButIs}{Found}",
    };

    /// <summary>The fault that a sentence names, or null when it names none. Case does not matter.</summary>
    public static Fault? Read(string sentence)
    {
        var text = sentence.ToLowerInvariant();
        if (text.Length > NoClass.Length + InImage.Length
            && text.StartsWith(NoClass, IgnoreCase) && text.EndsWith(InImage, IgnoreCase))
        {
            return Missing(text[NoClass.Length..^InImage.Length]);
        }

        var wantedAt = text.IndexOf(ShouldBe, StringComparison.Ordinal);
        var foundAt = text.LastIndexOf(ButIs, StringComparison.Ordinal);
        if (!text.StartsWith(The, IgnoreCase) || wantedAt < The.Length || foundAt < wantedAt + ShouldBe.Length)
        {
            return null;
        }

        var name = text[The.Length..wantedAt];
        var wanted = text[(wantedAt + ShouldBe.Length)..foundAt];
        var found = text[(foundAt + ButIs.Length)..];
        return name.StartsWith(CountOf, StringComparison.Ordinal)
            ? new Fault(FaultKind.Count, name[CountOf.Length..], wanted, found)
            : new Fault(Palette.Colours.Contains(wanted) ? FaultKind.Colour : FaultKind.Relation, name, wanted, found);
    }
}

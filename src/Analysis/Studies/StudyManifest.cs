using System.Text.Json;
using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>
/// All that is asked of people: two arms of a sweep, image against image, blind. It is written down before the first vote and
/// never changed; what its votes depend on stands in it, down to the hash of each image.
/// </summary>
/// <param name="Sweep">Its id.</param>
/// <param name="First">The arm whose wins are counted.</param>
/// <param name="Question">As raters read it.</param>
/// <param name="Seed">Of the prompts that were drawn, and of each rater's order and sides.</param>
/// <param name="Raters">How many are planned: more may vote, and results say so.</param>
/// <param name="Repeats">The share of the pairs that each rater is asked once more, with the sides changed.</param>
/// <param name="LeftOut">Prompts of the sweep of which one of the arms had no image.</param>
/// <param name="Pairs">In the order of the sweep's prompts.</param>
public sealed record StudyManifest(
    string Name,
    Guid Sweep,
    StudyArm First,
    StudyArm Second,
    string Question,
    long Seed,
    int Raters,
    double Repeats,
    int LeftOut,
    IReadOnlyList<StudyPair> Pairs)
{
    public const string UsualQuestion = "Which image shows better what the text says?";

    /// <summary>Those that people are asked about, by index: of the same image twice the answer is known.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Asked => [.. Pairs.Index().Where(p => !p.Item.IsSame).Select(p => p.Index)];

    /// <summary>How many of them each rater is asked twice: at least one where any share is, at most half.</summary>
    [JsonIgnore]
    public int Repeated => Repeats == 0 ? 0 : Math.Min(Asked.Count / 2, Math.Max(1, (int)Math.Round(Repeats * Asked.Count)));

    /// <summary>What each rater is asked in all.</summary>
    [JsonIgnore]
    public int Showings => Asked.Count + Repeated;

    /// <summary>Equal manifests are equal texts.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SettingsJson.Form);

    /// <param name="file">What errors call it.</param>
    /// <exception cref="FormatException">It is no manifest; the message names line and key.</exception>
    public static StudyManifest FromJson(string file, string json) => SettingsJson.Read<StudyManifest>(file, json);
}

/// <param name="Index">In the sweep.</param>
/// <param name="N">The images are those that chains show after so many attempts at most.</param>
public sealed record StudyArm(int Index, string Name, int N);

/// <summary>What the chains of replicate 0 show of one prompt.</summary>
/// <param name="Prompt">Index in the sweep.</param>
public sealed record StudyPair(int Prompt, string Category, string Text, StudyImage First, StudyImage Second)
{
    /// <summary>Both arms show the same image: a tie that nobody has to be asked about.</summary>
    [JsonIgnore]
    public bool IsSame => First.Sha256 == Second.Sha256;
}

/// <param name="Attempt">From 0.</param>
/// <param name="Sha256">In 64 hexadecimal digits.</param>
public sealed record StudyImage(int Attempt, string Sha256);

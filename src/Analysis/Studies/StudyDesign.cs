using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>What somebody wants to ask, before it is a manifest.</summary>
/// <param name="N">Attempts at most of each chain; null for as many as each arm has.</param>
/// <param name="Prompts">So many, drawn by chance; null for all.</param>
public sealed record StudyDesign(string Name, int? N, int? Prompts, string Question, long Seed, int Raters, double Repeats)
{
    /// <summary>Draws the prompts, and writes down which images they are asked about: those of replicate 0.</summary>
    /// <param name="first">The arm whose wins are counted, by its index.</param>
    /// <param name="images">SHA-256 of the image of (arm, prompt, attempt), in hexadecimal digits.</param>
    /// <exception cref="ArgumentException">There is nothing to ask.</exception>
    public StudyManifest Draw(
        SweepResults results, int first, int second, IReadOnlyDictionary<(int Arm, int Prompt, int Attempt), string> images)
    {
        var (a, b) = (Shown(first), Shown(second));
        List<SweepPrompt> known = [.. results.Prompts.Where(p => a.ContainsKey(p.Index) && b.ContainsKey(p.Index))];
        var manifest = new StudyManifest(
            Name,
            Guid.Parse(results.Id),
            Arm(first),
            Arm(second),
            Question,
            Seed,
            Raters,
            Repeats,
            results.Prompts.Count - known.Count,
            [
                .. StudyDraws.Prompts(known, Prompts ?? known.Count, Seed)
                    .Select(p => new StudyPair(p.Index, p.Stratum, p.Prompt, a[p.Index], b[p.Index])),
            ]);
        return manifest.Asked.Count > 0 ? manifest : throw new ArgumentException(known.Count == 0
            ? $"No prompt of sweep {results.Sweep} has an image of both arms yet."
            : $"{results.Arms[first].Label} and {results.Arms[second].Label} show the same image of every prompt: there is nothing to ask.");

        StudyArm Arm(int index) => new(index, results.Arms[index].Name, Attempts(index));

        int Attempts(int index) => Math.Min(N ?? int.MaxValue, results.Arms[index].Strategy.MaxAttempts);

        Dictionary<int, StudyImage> Shown(int index) => results.Arms[index].Chains
            .Where(c => c.Replicate == 0)
            .Select(c => (c.Prompt, Attempt: PromptScores.Shown(results.Arms[index].Strategy, c, Attempts(index))))
            .Where(c => images.ContainsKey((index, c.Prompt, c.Attempt)))
            .ToDictionary(c => c.Prompt, c => new StudyImage(c.Attempt, images[(index, c.Prompt, c.Attempt)]));
    }
}

using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>All that a report needs of a sweep; nothing of time or place.</summary>
/// <param name="Sweep">Name and identity.</param>
/// <param name="Tables">Of the benchmark.</param>
/// <param name="Prompts">Every prompt of the benchmark, in order: those without a chain are missing, not absent.</param>
public sealed record SweepResults(
    string Sweep,
    string Id,
    long Seed,
    int Replicates,
    BenchmarkTables Tables,
    IReadOnlyList<SweepPrompt> Prompts,
    IReadOnlyList<ArmResults> Arms)
{
    /// <summary>The columns of the benchmark.</summary>
    public IReadOnlyList<Metric> Metrics => Tables.Metrics;

    /// <summary>The categories of the benchmark, in the order of its columns; none where it has one stratum.</summary>
    public IReadOnlyList<string> Categories => [.. Tables.Metrics.Select(m => m.Category).OfType<string>()];

    /// <summary>How the images were scored; null where nothing measures them, and the judge's words are all.</summary>
    public required ScorerSettings? Scorer { get; init; }

    /// <summary>Why there is no table or comparison of scores where they have none.</summary>
    public string Unscored => $"Sweep {Sweep} has no scorer: nothing says which image is good. Give it one "
        + "(scorer: in the sweep file), or look at what the judge said: the layouts judge and chains of 'reflectdit report'.";

    /// <summary>Some image has a score between 0 and 1: values are means and no shares.</summary>
    public bool Graded => Arms.SelectMany(a => a.Chains).SelectMany(c => c.Attempts).Any(a => a.Value is > 0 and < 1);

    /// <summary>What these results are a part of; null where they are of the whole sweep.</summary>
    public SweepPart? PartOf { get; init; }

    /// <summary>The results of some of the prompts, once nothing of them is open any more.</summary>
    /// <param name="prompts">Indexes of <see cref="Prompts"/>.</param>
    /// <param name="by">The options by which they were chosen, as in "--limit 12".</param>
    public SweepResults Part(IReadOnlyCollection<int> prompts, string by)
    {
        int[] kept = [.. prompts.Order()];
        var places = kept.Index().ToDictionary(p => p.Item, p => p.Index);
        return this with
        {
            PartOf = new(Prompts.Count, by),
            Prompts = [.. kept.Select(p => Prompts[p])],
            Arms = [.. Arms.Select(Part)],
        };

        ArmResults Part(ArmResults arm)
        {
            ChainResult[] chains = [.. arm.Chains.Where(c => places.ContainsKey(c.Prompt)).Select(c => c with { Prompt = places[c.Prompt] })];
            var missing = (kept.Length * Replicates) - chains.Length;
            var unscored = Math.Min(arm.Unscored, missing);
            return arm with
            {
                Chains = chains,
                Parts = [.. arm.Parts.Where(p => places.ContainsKey(p.Prompt)).Select(p => p with { Prompt = places[p.Prompt] })],
                Failed = missing - unscored,
                Open = 0,
                Unscored = unscored,
            };
        }
    }

    /// <summary>The published arm that an arm reproduces, or null.</summary>
    public PublishedArm? Reference(ArmResults arm) => Tables.Published.Arm(arm.Published);
}

/// <param name="Prompts">How many the sweep has.</param>
/// <param name="By">The options by which the part was chosen.</param>
public sealed record SweepPart(int Prompts, string By);

/// <summary>How images were scored.</summary>
/// <param name="Role">What kind of model looked at them, as in "detector".</param>
/// <param name="Model">Null where a run elsewhere did not record it.</param>
/// <param name="Options">What else the scores depend on, as JSON; null where a run elsewhere did not record it.</param>
public sealed record ScorerSettings(string Role, string? Model, string? Options)
{
    private const string Judge = "judge";
    private const string Answerer = "answerer";

    public static ScorerSettings Of(IScorer scorer) => new(
        scorer is IJudgeScorer ? Judge : scorer is IAnswerScorer ? Answerer : "detector",
        scorer.Model.Kind == ModelConfiguration.Elsewhere ? null : scorer.Model.Identity,
        scorer.Options);

    /// <summary>Whether the arm chooses by the very judge that scores its images.</summary>
    public bool IsJudgeOf(ArmConfiguration arm) =>
        (Role == Judge && Model == arm.Judge.Identity) || arm.Strategy is Recorded { SelfScored: true };
}

/// <summary>A prompt of the benchmark.</summary>
/// <param name="Index">Among all prompts of the sweep, from 0.</param>
public sealed record SweepPrompt(int Index, string Stratum, string Prompt);

/// <param name="Published">Id of the published arm that this one reproduces, or null.</param>
/// <param name="Chains">Finished chains whose images are all scored, ordered by prompt and replicate.</param>
/// <param name="Failed">Chains that ended in failure.</param>
/// <param name="Open">Chains that have not ended.</param>
public sealed record ArmResults(
    string Name,
    bool Simulated,
    string? Published,
    IStrategy Strategy,
    IReadOnlyList<ChainResult> Chains,
    int Failed,
    int Open)
{
    /// <summary>Chains that have ended and have images without a score: as good as open.</summary>
    public int Unscored { get; init; }

    /// <summary>What chains are missing for: "1 failed, 2 open".</summary>
    public string WhyMissing => $"{Failed} failed, {Open} open" + (Unscored > 0 ? $", {Unscored} not scored yet" : "");

    /// <summary>The name of the scorer, where it is not the sweep's own.</summary>
    public string? ScoredBy { get; init; }

    /// <summary>Where the arm was run, if not by this program.</summary>
    public ImportedFrom? Imported { get; init; }

    /// <summary>A decision of this arm depends on the scorer.</summary>
    public bool Oracle => Strategy.IsOracle;

    /// <summary>A rule of the arm uses the scorer's verdict, so that it is an oracle whatever leaked.</summary>
    public bool UsesScorer => Strategy is Recorded recorded ? recorded.UsesScorer : Strategy.IsOracle;

    /// <summary>
    /// The generator read the scorer's words (research: eval.py <c>--cont</c>), though no rule of the arm says so.
    /// </summary>
    public bool Leaked => Strategy is Recorded { Leaked: true };

    /// <summary>
    /// The judge of the arm is the scorer too: what it likes it has chosen, so that its scores are no independent measure.
    /// </summary>
    public bool SelfScored { get; init; }

    /// <summary>What was asked of the shown images and holds, by category and prompt; empty where nothing is asked.</summary>
    public IReadOnlyList<AnsweredPart> Parts { get; init; } = [];

    /// <summary>Another than who answered for the published numbers scored its images.</summary>
    public bool OtherAnswerer { get; init; }

    /// <summary>How its generator, which knows no context, was made to use one: by edit or rewrite; null for none, and for what needs none.</summary>
    public string? ContextBy { get; init; }

    /// <summary>The name with everything that must be said wherever a number of the arm is shown.</summary>
    public string Label => Name
        + (Leaked ? " ORACLE: leaked" : Oracle ? " ORACLE" : "")
        + (SelfScored ? " SELF-SCORED" : "")
        + (OtherAnswerer ? " OTHER ANSWERER" : "")
        + (ContextBy is null ? "" : $" BY {ContextBy.ToUpperInvariant()}")
        + (Simulated ? " SIMULATED" : "")
        + (Imported is null ? "" : " IMPORTED")
        + (ScoredBy is null ? "" : $" SCORER: {ScoredBy}");

    /// <summary>The chains of each prompt that has any, by its index and in its order.</summary>
    /// <param name="covers">The prompts to look at, by index; null for all.</param>
    internal IEnumerable<IGrouping<int, ChainResult>> ByPrompt(Func<int, bool>? covers = null) =>
        Chains.GroupBy(c => c.Prompt).Where(g => covers is null || covers(g.Key)).OrderBy(g => g.Key);
}

/// <summary>The questions of one category about the images of one prompt.</summary>
/// <param name="Holds">How many were answered by yes.</param>
public sealed record AnsweredPart(string Category, int Prompt, int Holds, int All);

/// <summary>A finished chain.</summary>
/// <param name="Prompt">Index into <see cref="SweepResults.Prompts"/>.</param>
public sealed record ChainResult(int Prompt, int Replicate, int Shown, IReadOnlyList<AttemptResult> Attempts)
{
    /// <summary>The seed of the first image, or where that is not recorded the image itself; null where neither is.</summary>
    public string? Drawn { get; init; }
}

/// <summary>An attempt as judged and as scored, and what it took.</summary>
/// <param name="Verdict">Null where no judge was asked, or a run elsewhere did not record it.</param>
/// <param name="Value">The score, 0 to 1; null where images are not scored.</param>
/// <param name="Passed">Whether that is good enough; null where that is not known.</param>
public sealed record AttemptResult(Verdict? Verdict, double? Value, bool? Passed, AttemptCosts Costs)
{
    /// <summary>Index of the attempt shown had the chain ended after this one, where a run elsewhere recorded it.</summary>
    public int? ShownAfter { get; init; }

    /// <summary>The score that an oracle decided by, where <see cref="Value"/> is that of another scorer.</summary>
    public double? DecidingValue { get; init; }
}

/// <summary>What an attempt took; null is what a run elsewhere did not record, which is not zero.</summary>
/// <param name="WallSeconds">
/// Of the batches in which generator and judge answered, divided by what each batch answered; without queues, and without the
/// scorer. Not a result: it differs from run to run.
/// </param>
/// <param name="GeneratorSeconds">Of the device.</param>
/// <param name="JudgeSeconds">Of the device.</param>
/// <param name="FunctionEvaluations">Forward passes of the denoiser.</param>
/// <param name="JudgeTokens">In and out.</param>
public sealed record AttemptCosts(
    double? WallSeconds, double? GeneratorSeconds, double? JudgeSeconds, int? FunctionEvaluations, int? JudgeTokens);

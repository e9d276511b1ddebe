using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <param name="Lines">Null while they are counted.</param>
public sealed record SweepsModel(string? Search, IReadOnlyList<SweepLine>? Lines);

/// <summary>Null is what is still computed.</summary>
/// <param name="Axes">That the curves can have: money only with prices.</param>
public sealed record SweepModel(SweepFacts Facts, PageAddress.Sweep Address, IReadOnlyList<string> Axes, SweepResults? Results)
{
    public ArmsVerdict? Verdict { get; init; }

    public CurveFigure? Curve { get; init; }

    public IReadOnlyList<ArmTable>? Scores { get; init; }

    public IReadOnlyList<JudgeAgreement>? Agreement { get; init; }

    public IReadOnlyList<ChainCosts>? Costs { get; init; }

    public Prices? Prices { get; init; }
}

/// <param name="Found">How many prompts fit the filter; null while that is not known.</param>
/// <param name="Rows">Those of the page.</param>
public sealed record PromptsModel(
    SweepFacts Facts, PageAddress.Prompts Address, IReadOnlyList<string> Categories, int? Found, int Pages, IReadOnlyList<PromptRowModel> Rows);

/// <param name="Chains">Of each arm the first few replicates.</param>
public sealed record PromptRowModel(PromptFacts Facts, IReadOnlyList<ShownChain> Chains)
{
    /// <summary>The others are a link away.</summary>
    public const int MostReplicates = 3;
}

/// <param name="Scorer">Reads what the scores rest on; null for none.</param>
/// <param name="Replicates">Of the sweep.</param>
/// <param name="Sizes">Of the images with boxes, by their hash.</param>
/// <param name="Words">Of each attempt, the judge's and the scorer's.</param>
public sealed record ChainModel(
    SweepFacts Facts,
    PageAddress.Chain Address,
    PromptRow Prompt,
    ShownChain Chain,
    ILookup<int, ContextItemRow> Context,
    IScorer? Scorer,
    int Prompts,
    int Replicates,
    IReadOnlyDictionary<string, (int Width, int Height)> Sizes,
    IReadOnlyDictionary<(int Attempt, string Source), string> Words);

/// <param name="Verdict">Null while it is computed, and for other than two arms.</param>
/// <param name="List">The prompts around the one that is looked at.</param>
/// <param name="Places">Where that part of the list begins, and how long the whole is.</param>
/// <param name="Counts">Prompts that the first arm, and the second, does better on.</param>
/// <param name="At">The prompt that is looked at, with what each arm shows; null where there is none.</param>
public sealed record CompareModel(
    SweepFacts Facts,
    PageAddress.Compare Address,
    IReadOnlyList<int> Arms,
    int MostN,
    IReadOnlyList<string> Categories,
    PairVerdict? Verdict,
    (int First, int Second, int Same)? Counts,
    IReadOnlyList<ComparedPrompt> List,
    (int From, int Of) Places,
    ComparedPromptModel? At,
    bool Ready);

/// <summary>A prompt in the list of a comparison.</summary>
/// <param name="Values">Of each compared arm.</param>
public sealed record ComparedPrompt(SweepPrompt Prompt, IReadOnlyList<double?> Values)
{
    /// <summary>Of two arms: the first's value minus the second's; null where one is not known.</summary>
    public double? Difference => Values.Count > 1 ? Values[0] - Values[1] : null;

    public bool Flipped => Values.OfType<double>().Distinct().Count() > 1;
}

/// <param name="Sides">What each compared arm shows.</param>
/// <param name="Before">The prompt before it in the list, and after; null at its ends.</param>
public sealed record ComparedPromptModel(
    ComparedPrompt Prompt, IReadOnlyList<ComparedSide> Sides, int? Before, int? After, int? NextFlip);

/// <param name="Shown">Null where the chain has shown nothing yet.</param>
public sealed record ComparedSide(int Arm, string Label, ShownChain? Chain, ShownAttempt? Shown);

/// <param name="Failures">By sweep and reason.</param>
/// <param name="Controls">People may requeue.</param>
public sealed record WorkersModel(
    IReadOnlyList<WorkerStatus> Workers,
    IReadOnlyList<QueueLine> Queues,
    IReadOnlyList<FailureLine> Failures,
    IReadOnlyList<AuditEntry> Audit,
    bool Controls);

/// <summary>What a sweep waits for.</summary>
/// <param name="Retaken">Chains that were taken up more than once.</param>
public sealed record QueueLine(
    Guid Sweep, string Name, string State, int Free, int Held, int Retaken, TimeSpan? Oldest, int ScoresFree, int ScoresHeld, int ScoresFailed);

/// <summary>Chains that failed for the same reason; arm, prompt and replicate are those of the first of them.</summary>
public sealed record FailureLine(Guid Sweep, string Name, string Reason, int Chains, int Arm, int Prompt, int Replicate);

public sealed record StudiesModel(IReadOnlyList<StudyLine> Studies);

/// <param name="Pairs">That raters are asked about.</param>
/// <param name="Votes">Answers that stand, with those that were skipped and those that came twice.</param>
public sealed record StudyLine(StudyRow Row, string First, string Second, int Pairs, int Raters, int Votes);

/// <param name="Report">Null while it is computed.</param>
/// <param name="Prompts">What people say of each, those that they agree on most first; not all where there are many.</param>
/// <param name="Controls">Raters may be added.</param>
public sealed record StudyModel(
    StudyRow Row,
    SweepFacts Facts,
    StudyManifest Manifest,
    StudySight Sight,
    StudyReport? Report,
    IReadOnlyList<StudiedPrompt> Prompts,
    IReadOnlyList<StudyRater> Raters,
    bool Controls);

/// <param name="First">Votes for the first arm.</param>
public sealed record StudiedPrompt(StudyPair Pair, int First, int Neither, int Second);

/// <summary>What a rater sees: nothing of arms, judge or scorer, nor an address that tells of them.</summary>
/// <param name="Path">Of the rater's page.</param>
/// <param name="Ballot">The pair that is asked now; null when all are answered.</param>
/// <param name="Undo">Takes the last answer back; null where there is none.</param>
/// <param name="Answered">So many of all showings.</param>
/// <param name="Notice">What became of the form that was sent; null where that goes without saying.</param>
public sealed record VoteModel(
    string Path, string Rater, string Question, Ballot? Ballot, Ballot? Undo, int Answered, int Showings, string? Notice, bool Open);

/// <summary>What a form of a rater's page holds.</summary>
/// <param name="Text">The prompt.</param>
/// <param name="Revision">How often the showing has been answered or taken back.</param>
/// <param name="At">When it was shown: milliseconds since 1970.</param>
/// <param name="Token">Good for this rater, showing, revision and time alone.</param>
public sealed record Ballot(string Text, int Showing, int Revision, long At, string Token);

/// <summary>The door.</summary>
/// <param name="Password">A password lets in.</param>
/// <param name="To">Where to go afterwards.</param>
public sealed record DoorModel(string Heading, string Text, bool Password, string To);

/// <summary>A page that is not there, or cannot be made.</summary>
public sealed record FaultModel(string Heading, string Text);

using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Core.Strategies;

/// <summary>
/// The strategy of an arm that was run elsewhere, as far as its records tell. It draws nothing, and shows what the
/// released code does: the first accepted image, else the last.
/// </summary>
/// <param name="UsesScorer">A rule of the arm used the scorer's verdict, as its records say.</param>
/// <param name="Leaked">The scorer's words were in the generator's context (eval.py lines 243 to 261).</param>
public sealed record Recorded(int MaxAttempts, bool UsesScorer, bool Leaked) : IStrategy
{
    /// <summary>The arm's judge scored its images too, as its records say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SelfScored { get; init; }

    [JsonIgnore]
    public bool IsOracle => UsesScorer || Leaked;

    [JsonIgnore]
    public bool DrawsIndependently => false;

    public Step Next(IReadOnlyList<PastAttempt> history, Seeds seeds) =>
        throw new InvalidOperationException("An imported arm was run elsewhere: nothing of it can be drawn here.");

    public int Shown(IReadOnlyList<PastAttempt> history) =>
        history.FirstOr(a => a.Verdict.Accepted, history.Count - 1);
}


namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>A reason why two arms cannot be compared unless the reader allows it by its name.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
public sealed record Concern(string Name, string Text)
{
    public const string Prompts = "prompts";
    public const string Incomplete = "incomplete";
    public const string Scorer = "scorer";
    public const string Thresholds = "thresholds";
    public const string Oracle = "oracle";
    public const string SelfScored = "self-scored";
    public const string Curves = "curves";
    public const string Attempts = "attempts";
    public const string Replicates = "replicates";
    public const string Repeated = "repeated";

    public static IReadOnlyList<string> Names { get; } =
        [Prompts, Incomplete, Scorer, Thresholds, Oracle, SelfScored, Curves, Attempts, Replicates, Repeated];

    /// <summary>Everything that speaks against comparing the two arms.</summary>
    public static IReadOnlyList<Concern> Of(ComparedArm first, ComparedArm second, ComparisonPoint at) =>
    [
        .. OfPrompts(first, second),
        .. OfScorers(first, second),
        .. new[] { first, second }.SelectMany(OfArm),
        .. OfCurves(first, second, at),
        .. OfDesign(first, second, at),
    ];

    /// <summary>What the two arms were not given alike, or what is not as independent as a test takes it to be.</summary>
    internal static IEnumerable<Concern> OfDesign(ComparedArm first, ComparedArm second, ComparisonPoint at)
    {
        var (a, b) = (first.Arm.Strategy.MaxAttempts, second.Arm.Strategy.MaxAttempts);
        if (at is ComparisonPoint.Whole && a != b)
        {
            yield return new(
                Attempts,
                $"{first.Arm.Label} may draw {a} images a chain and {second.Arm.Label} {b}: compare them at the same N "
                + $"(--at {Math.Min(a, b)}) or budget");
        }

        if (first.Replicates != second.Replicates)
        {
            yield return new(
                Replicates,
                $"{first.Arm.Label} has {first.Replicates} chains a prompt and {second.Arm.Label} {second.Replicates}: a prompt's "
                + "value is the mean of its chains, which varies less for the one with more");
        }

        foreach (var arm in new[] { first, second })
        {
            var copies = arm.Arm.Chains.Where(c => c.Drawn is not null).GroupBy(c => (c.Prompt, c.Drawn)).Where(g => g.Count() > 1).ToList();
            if (copies.Count > 0)
            {
                yield return new(
                    Repeated,
                    $"{copies.Sum(g => g.Count() - 1)} of {arm.Arm.Chains.Count} chains of {arm.Arm.Label} were drawn from the seed of "
                    + $"another replicate of their prompt (the first: prompt {copies[0].Key.Prompt}, replicates "
                    + $"{string.Join(" and ", copies[0].Select(c => c.Replicate))}): a copy is not a further replicate");
            }
        }

        foreach (var arm in new[] { first, second }.DistinctBy(c => c.Sweep.Id))
        {
            var again = arm.Sweep.Prompts.Count - arm.Sweep.Prompts.Select(p => (p.Stratum, p.Prompt)).Distinct().Count();
            if (again > 0)
            {
                yield return new(
                    Repeated,
                    $"{again} of {arm.Sweep.Prompts.Count} prompts of {arm.Sweep.Sweep} repeat another one's text: its further seeds, "
                    + "which count as independent prompts and are not. Give a prompt once, with replicates");
            }
        }
    }

    private static IEnumerable<Concern> OfPrompts(ComparedArm first, ComparedArm second)
    {
        var prompts = first.Sweep.Prompts.Select(p => (p.Stratum, p.Prompt)).ToHashSet();
        var others = second.Sweep.Prompts.Select(p => (p.Stratum, p.Prompt)).ToHashSet();
        if (!prompts.SetEquals(others))
        {
            yield return new(
                Prompts,
                $"the prompt sets differ: {prompts.Count} and {others.Count} prompts, "
                + $"{prompts.Intersect(others).Count()} of them in both");
        }
    }

    private static IEnumerable<Concern> OfScorers(ComparedArm first, ComparedArm second)
    {
        if (first.Sweep.Id == second.Sweep.Id && first.Sweep.Scorer is not { Model: null } and not { Options: null })
        {
            yield break; // One sweep has one scorer, unless its arms were scored elsewhere, each by whatever it was.
        }

        if ((first.Sweep.Scorer, second.Sweep.Scorer) is not ({ } scorer, { } other))
        {
            yield break; // Nothing to compare: Comparison says so.
        }

        if (scorer.Role != other.Role)
        {
            yield return new(Scorer, $"a {scorer.Role} scored one, and a {other.Role} the other");
            yield break;
        }

        if (scorer.Model is null || other.Model is null)
        {
            yield return new(Scorer, $"which {scorer.Role} scored an arm that was run elsewhere is not recorded");
        }
        else if (scorer.Model != other.Model)
        {
            yield return new(Scorer, $"the {scorer.Role}s differ: {scorer.Model} and {other.Model}");
        }

        if (scorer.Options is null || other.Options is null)
        {
            yield return new(Thresholds, "the thresholds that scored an arm that was run elsewhere are not recorded");
        }
        else if (scorer.Options != other.Options)
        {
            yield return new(
                Thresholds, $"the scorers' options differ: {scorer.Options} and {other.Options}");
        }
    }

    private static IEnumerable<Concern> OfArm(ComparedArm arm)
    {
        if (arm.Arm.Chains.Count < arm.Expected)
        {
            yield return new(
                Incomplete,
                $"{arm.Arm.Label} has {arm.Arm.Chains.Count} of {arm.Expected} chains ({arm.Arm.WhyMissing}), "
                + "and those that are missing need not be like the others");
        }

        if (arm.Arm.Oracle)
        {
            yield return new(Oracle, $"{arm.Arm.Label} uses the scorer's verdict: a ceiling, not a method");
        }

        if (arm.Arm.SelfScored)
        {
            yield return new(
                SelfScored, $"{arm.Arm.Label} chooses by the judge that scores it, and so shows what that judge likes");
        }
    }

    private static IEnumerable<Concern> OfCurves(ComparedArm first, ComparedArm second, ComparisonPoint at)
    {
        // With all its attempts an arm is what was run, whatever its kind.
        bool Between(ComparedArm arm) => at is ComparisonPoint.Budget
            || (at is ComparisonPoint.Attempts attempts
                && attempts.Before.Append(attempts.N).Any(n => n < arm.Arm.Strategy.MaxAttempts));
        static bool Subsets(ComparedArm arm) => arm.Arm.Strategy.DrawsAll;
        if ((Between(first) && Subsets(first) && !Subsets(second))
            || (Between(second) && Subsets(second) && !Subsets(first)))
        {
            yield return new(
                Curves,
                "the curves are of two kinds: an arm that drew all N has the mean over all choices of some of them, an "
                + "arm that stops early only the attempts that it drew first");
        }
    }
}

using System.Text.RegularExpressions;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>Understands the scorer's reasons, which a generator is given only where ground truth leaks into its context.</summary>
internal static partial class ScorerReason
{
    /// <summary>The fault that one line of a reason names (see <see cref="GenEvalRules"/>), or null.</summary>
    public static Fault? Read(string line)
    {
        if (Relation().Match(line) is { Success: true } placed)
        {
            return Fault.Relation(placed.Groups["class"].Value, placed.Groups["relation"].Value, "target");
        }

        if (Colour().Match(line) is { Success: true } coloured)
        {
            return Fault.Colour(coloured.Groups["class"].Value, coloured.Groups["colour"].Value, "another");
        }

        if (Number().Match(line) is not { Success: true } counted)
        {
            return null;
        }

        var (name, limit, found) = (
            counted.Groups["class"].Value, int.Parse(counted.Groups["limit"].Value), int.Parse(counted.Groups["found"].Value));
        return counted.Groups["sign"].Value == "<" ? Fault.Count(name, limit - 1, found)
            : limit == 1 ? Fault.Missing(name)
            : Fault.Count(name, limit, found);
    }

    [GeneratedRegex("^expected (?<class>.+) (?<relation>left of|right of|above|below) target, found", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Relation();

    [GeneratedRegex(@"^expected (?<colour>\w+) (?<class>.+)>=\d+, found \d+ \k<colour>; and", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Colour();

    [GeneratedRegex(@"^expected (?<class>.+?)(?<sign>>=|<)(?<limit>\d+), found (?<found>\d+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}

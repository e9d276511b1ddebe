namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// Agreement between raters beyond chance: Krippendorff's alpha for nominal answers (Krippendorff 2011, "Computing
/// Krippendorff's Alpha-Reliability"). Of the usual measures it alone takes any number of raters who have each answered any part.
/// </summary>
public static class KrippendorffAlpha
{
    /// <summary>
    /// 1 minus the observed disagreement over that of answers dealt out by chance: 1 is full agreement, 0 that of chance. Null
    /// where no unit has two answers, or all answers are the same.
    /// </summary>
    /// <param name="units">Of each what was answered, by whomever.</param>
    public static double? Nominal(IEnumerable<IReadOnlyList<int>> units)
    {
        var (observed, all, answers) = (0.0, 0, new Dictionary<int, int>());
        foreach (var unit in units.Where(u => u.Count > 1))
        {
            var counts = unit.CountBy(a => a).ToList();
            observed += counts.Sum(c => (double)c.Value * (unit.Count - c.Value)) / (unit.Count - 1);
            all += unit.Count;
            foreach (var (answer, count) in counts)
            {
                answers[answer] = answers.GetValueOrDefault(answer) + count;
            }
        }

        var chance = answers.Values.Sum(c => (double)c * (all - c)) / (all - 1);
        return chance > 0 ? 1 - (observed / chance) : null;
    }
}

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>How often two arms differ on a prompt: what decides what a paired comparison can see.</summary>
/// <param name="OnlyFirst">Chance that the first arm alone gets a prompt right.</param>
/// <param name="OnlySecond">Chance that the second arm alone does.</param>
public readonly record struct Discordance(double OnlyFirst, double OnlySecond)
{
    public double Total => OnlyFirst + OnlySecond;

    /// <summary>The first arm's share minus the second's.</summary>
    public double Difference => OnlyFirst - OnlySecond;

    /// <summary>As seen in a run: b and c of <paramref name="prompts"/>.</summary>
    public static Discordance Of(int onlyFirst, int onlySecond, int prompts) =>
        new((double)onlyFirst / prompts, (double)onlySecond / prompts);

    /// <summary>
    /// From both arms' shares and the correlation (phi) of their successes over prompts. Shares that differ cannot
    /// correlate wholly: the correlation is then the nearest that they allow.
    /// </summary>
    public static Discordance FromRates(double first, double second, double correlation)
    {
        if (first is not (>= 0 and <= 1) || second is not (>= 0 and <= 1) || correlation is not (>= -1 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(correlation),
                $"Shares {first} and {second} must lie between 0 and 1, correlation {correlation} between -1 and 1.");
        }

        var both = (first * second) + (correlation * Math.Sqrt(first * (1 - first) * second * (1 - second)));
        both = Math.Min(Math.Min(first, second), Math.Max(Math.Max(0, first + second - 1), both));
        return new(first - both, second - both);
    }
}

using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>A value of an arm for each prompt at 1 to <see cref="Most"/> attempts, replicates averaged.</summary>
/// <param name="Arm">Name of the arm.</param>
/// <param name="Exact">[prompt][k - 1] as exact fractions; null for a prompt without a chain.</param>
public sealed record Curve(string Arm, CurveKind Kind, int Most, IReadOnlyList<Rational[]?> Exact)
{
    /// <summary>[prompt][k - 1]; null for a prompt without a chain.</summary>
    public IReadOnlyList<double[]?> Values { get; } = [.. Exact.Select(v => v is null ? null : Array.ConvertAll(v, x => x.ToDouble()))];

    /// <summary>Scores of the shown images, of the kind that the arm allows.</summary>
    public static Curve Of(ArmResults arm, int prompts) => arm.Strategy is { DrawsAll: true } selector
        ? Subsets(arm, prompts, chain => RandomSubsets.Selected(
        [
            .. selector.Ranked(PromptScores.History(selector, chain, chain.Attempts.Count))
                .Select(i => chain.Attempts[i].Value!.Value),
        ]))
        : Prefixes(arm, prompts);

    /// <summary>Scores of the shown images over the first attempts, for any arm, also if it drew all N.</summary>
    public static Curve Prefixes(ArmResults arm, int prompts)
    {
        var most = arm.Strategy.MaxAttempts;
        var shares = Enumerable.Range(1, most).Select(k => PromptScores.Exact(arm, prompts, k)).ToList();
        return new(arm.Name, CurveKind.Prefixes, most, [.. Enumerable.Range(0, prompts).Select(prompt =>
            shares[0][prompt] is null ? null : shares.Select(s => s[prompt]!.Value).ToArray())]);
    }

    /// <summary>
    /// The highest score of k attempts, the ceiling of every selector: of shares it is pass@k. Null for an arm that stops
    /// early, whose missing attempts are no random ones.
    /// </summary>
    public static Curve? Ceiling(ArmResults arm, int prompts) => arm.Strategy.DrawsAll
        ? Subsets(arm, prompts, c => RandomSubsets.Highest(c.Attempts.Select(a => a.Value!.Value)))
        : null;

    /// <summary>
    /// What k attempts of the arm take on average, for a curve of this kind; null when a cost of an attempt was not
    /// recorded, or all are zero.
    /// </summary>
    public static Curve? Costs(
        ArmResults arm, int prompts, CurveKind kind, BudgetAxis axis, Prices? prices = null)
    {
        double[] Cost(ChainResult chain) => [.. chain.Attempts.Select(a => a.Costs.On(axis, prices)!.Value)];
        var most = arm.Strategy.MaxAttempts;
        var recorded = arm.Chains.SelectMany(c => c.Attempts).Select(a => a.Costs.On(axis, prices)).ToList();
        return recorded.Contains(null) || recorded.All(cost => cost == 0) ? null
            : kind is CurveKind.RandomSubsets ? Subsets(arm, prompts, chain => Multiples(Cost(chain)))
            : Averaged(arm, prompts, kind, most, chain => Sums(Cost(chain), most));
    }

    /// <summary>The values at k attempts.</summary>
    public double?[] At(int k) => [.. ExactAt(k).Select(v => v?.ToDouble())];

    /// <summary>The values at k attempts as exact fractions.</summary>
    public Rational?[] ExactAt(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, Most);
        return [.. Exact.Select(v => v?[k - 1])];
    }

    /// <summary>One statistic for each k, as in <see cref="Bootstrap.Means"/>.</summary>
    /// <param name="strata">Prompts that have a value, by index, in the groups whose means are averaged.</param>
    public IReadOnlyList<IReadOnlyList<double[]>> Points(IReadOnlyList<int[]> strata) =>
    [
        .. Enumerable.Range(0, Most).Select(k => strata
            .Select(s => s.Select(prompt => Values[prompt]![k]).ToArray()).ToList()),
    ];

    private static Curve Subsets(ArmResults arm, int prompts, Func<ChainResult, Rational[]> values)
    {
        // Beyond the shortest run there is no value for every prompt.
        var most = arm.Chains.Count == 0 ? arm.Strategy.MaxAttempts : arm.Chains.Min(c => c.Attempts.Count);
        return Averaged(arm, prompts, CurveKind.RandomSubsets, most, values);
    }

    private static Curve Averaged(
        ArmResults arm, int prompts, CurveKind kind, int most, Func<ChainResult, Rational[]> values)
    {
        var (sums, chains) = (new Rational[]?[prompts], new int[prompts]);
        foreach (var chain in arm.Chains)
        {
            var sum = sums[chain.Prompt] ??= new Rational[most];
            var value = values(chain);
            for (var k = 0; k < most; k++)
            {
                sum[k] += value[k];
            }

            chains[chain.Prompt]++;
        }

        Rational[]?[] means = [.. sums.Zip(chains, (s, all) => s is null ? null : Array.ConvertAll(s, v => v / all))];
        return new(arm.Name, kind, most, means);
    }

    private static Rational[] Multiples(double[] costs) => [.. costs.Select((_, i) => (Rational)((i + 1) * costs.Average()))];

    /// <summary>Running sums; what is never drawn costs nothing.</summary>
    private static Rational[] Sums(double[] costs, int most)
    {
        var sum = 0.0;
        return [.. Enumerable.Range(0, most).Select(i => (Rational)(sum += i < costs.Length ? costs[i] : 0))];
    }
}

using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>Arms that were run elsewhere, as a sweep.</summary>
public sealed record SweepImport(SweepPlan Plan, IReadOnlyList<ImportedArm> Arms)
{
    /// <param name="benchmark">The prompt set that the inputs are about.</param>
    /// <param name="n">Attempts at most of a chain; null for what each input says or shows.</param>
    /// <exception cref="InvalidDataException">Nothing can be imported from an input.</exception>
    public static SweepImport Of(string name, BenchmarkConfiguration benchmark, IReadOnlyList<ArmInput> inputs, int? n)
    {
        var opened = BenchmarkCatalog.Open(benchmark);
        var prompts = opened.Prompts;
        var built = inputs.Select(i => ImportedArm.Build(i, prompts, n)).ToList();
        var replicates = built.Max(a => a.Replicates);
        var arms = built.ConvertAll(a => a.Among(replicates, prompts.Count));
        var elsewhere = ModelConfiguration.RanElsewhere;
        var records = inputs.SelectMany(i => i.Records).ToList();
        var scored = records.Exists(r => r.Score is not null);
        if (scored && records.Find(r => r.Score is null) is { } unscored)
        {
            throw new InvalidDataException(
                $"{unscored.File}{(unscored.Line is { } line ? $":{line}" : "")}: no score, where other records have one");
        }

        // Nothing is drawn: the seed is that of the bootstrap alone.
        var configuration = new SweepConfiguration(
            name,
            benchmark,
            Seed: 0,
            replicates,
            scored ? opened.ScoredElsewhere : null,
            [.. arms.Select(a => Arm(a, elsewhere))]);
        return new(
            new SweepPlan(
                name,
                configuration.ToJson(),
                CallSettings.Default.ToJson(),
                configuration.Seed,
                replicates,
                prompts,
                [.. arms.Zip(configuration.Arms, (a, c) =>
                    new PlannedArm(c.Name, a.N, a.Simulated, c.Strategy.IsOracle, c.Published))],
                PlannedScorer.Of(configuration),
                []),
            arms);
    }

    private static ArmConfiguration Arm(ImportedArm arm, ModelConfiguration elsewhere) => new(
        arm.Input.Name, arm.Input.Published, elsewhere, elsewhere, new Recorded(arm.N, arm.UsesScorer, arm.Leaked)
        {
            SelfScored = arm.SelfScored,
        })
    {
        Imported = new ImportedFrom(arm.Input.Format, arm.Input.Sha256),
    };
}

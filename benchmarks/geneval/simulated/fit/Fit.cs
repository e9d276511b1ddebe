using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.SimulatedFit;

/// <summary>
/// Coordinate search: every knob is moved up and down by its step, what lowers the loss stays, and steps that help in
/// neither direction are halved. The same sweep seeds serve every trial, so the loss has no noise of its own.
/// </summary>
public sealed class Fit(IReadOnlyList<FitArm> arms, IReadOnlyList<PromptMetadata> prompts)
{
    private const double SmallestStep = 0.02;
    private const int MaxRounds = 40;

    private readonly Dictionary<string, double> _values = Knobs.All.ToDictionary(k => k.Name, k => k.Start);
    private readonly Dictionary<string, double> _steps = Knobs.All.ToDictionary(k => k.Name, k => k.Step);

    /// <summary>By arm, under the current values.</summary>
    private Trial[] _trials = [];

    public IReadOnlyDictionary<string, double> Run(Action<int, double> progress)
    {
        _trials = [.. arms.Select((_, arm) => new Trial(
            Run(arm, prompts, FitSeeds.Search), Run(arm, prompts, FitSeeds.Demo)))];
        var loss = Loss(_trials);
        for (var round = 0; round < MaxRounds && _steps.Values.Any(s => s >= SmallestStep); round++)
        {
            foreach (var knob in Knobs.All.Where(k => _steps[k.Name] >= SmallestStep))
            {
                var step = _steps[knob.Name];
                var helped = Try(knob, step, ref loss) || Try(knob, -step, ref loss);
                _steps[knob.Name] = helped ? step * 1.5 : step / 2;
            }

            progress(round, loss);
        }

        return _values;
    }

    /// <summary>An arm as the given values make it.</summary>
    public static SceneSweep Sweep(int arm, FitArm fitArm, IReadOnlyDictionary<string, double> values) => new(
        new GeneratorModel(arm == 0 ? Knobs.SanaParameters(values) : Knobs.ReflectParameters(values)),
        new JudgeModel(Knobs.JudgeParameters(values)),
        fitArm.Strategy);

    private bool Try(Knob knob, double by, ref double loss)
    {
        var before = _values[knob.Name];
        _values[knob.Name] = Math.Clamp(before + by, knob.Min, knob.Max);
        if (_values[knob.Name] != before)
        {
            var trials = Recount(knob);
            var trialLoss = Loss(trials);
            if (trialLoss < loss)
            {
                (_trials, loss) = (trials, trialLoss);
                return true;
            }
        }

        _values[knob.Name] = before;
        return false;
    }

    private ArmShares Run(int arm, IReadOnlyList<PromptMetadata> some, IReadOnlyList<long> sweeps) =>
        new(some, Sweep(arm, arms[arm], _values).CountCorrect(some, sweeps), sweeps.Count);

    /// <summary>Runs again what a knob can change; the rest is taken over.</summary>
    private Trial[] Recount(Knob knob)
    {
        var affected = Enumerable.Range(0, prompts.Count).Where(i => knob.Tags.Contains(prompts[i].Tag)).ToArray();
        var some = affected.Select(i => prompts[i]).ToArray();
        var trials = _trials.ToArray();
        foreach (var arm in knob.Arms)
        {
            trials[arm] = new Trial(
                trials[arm].Search.With(affected, Run(arm, some, FitSeeds.Search)),
                trials[arm].Demo.With(affected, Run(arm, some, FitSeeds.Demo)));
        }

        return trials;
    }

    /// <summary>
    /// Squared distances from the published values: a curve value counts in units of 0.004, a category in units of an
    /// eighth of its noise band, and the demo's seed, outside the inner part of its band, of 0.005. Knobs pull weakly
    /// to where they started.
    /// </summary>
    private double Loss(Trial[] trials)
    {
        var loss = FirstTryLoss(trials[1].Search);
        for (var arm = 0; arm < arms.Count; arm++)
        {
            foreach (var target in arms[arm].Targets)
            {
                var (low, high) = (target.Band.Low, target.Band.High);
                var unit = target.Metric == Metric.MeanOverPrompts ? 0.004 : (high - low) / 8;
                loss += Square((trials[arm].Search.Share(target.Point, target.Metric) - target.Published.Value) / unit);

                var demo = trials[arm].Demo.Share(target.Point, target.Metric);
                var margin = (high - low) / 10;
                loss += Square(Math.Max(0, Math.Max(low + margin - demo, demo - high + margin)) / 0.005);
            }
        }

        return loss + Knobs.All.Sum(k => Square((_values[k.Name] - k.Start) / k.PriorWidth));
    }

    /// <summary>
    /// Reflect-DiT's categories at N=1 are not published. Assumed: each has come as far from SANA-1.0 at N=1 to
    /// Reflect-DiT at N=20 as the mean over prompts has.
    /// </summary>
    private double FirstTryLoss(ArmShares shares)
    {
        var sana = arms[0].Targets.Where(t => t.N == 1).ToDictionary(t => t.Metric, t => t.Published.Value);
        var last = arms[1].Targets.Where(t => t.N == 20).ToDictionary(t => t.Metric, t => t.Published.Value);
        var overall = Metric.MeanOverPrompts;
        var first = arms[1].Targets.First(t => t.N == 1 && t.Metric == overall).Published.Value;
        var way = (first - sana[overall]) / (last[overall] - sana[overall]);
        return sana.Keys.Where(m => m != overall)
            .Sum(m => Square((shares.Share(0, m) - (sana[m] + way * (last[m] - sana[m]))) / 0.03));
    }

    private static double Square(double x) => x * x;

    /// <summary>What an arm's chains came to under the search's sweep seeds, and under the demo's.</summary>
    private sealed record Trial(ArmShares Search, ArmShares Demo);
}

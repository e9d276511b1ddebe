using System.Collections.Concurrent;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Dashboard.Pages;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>A sweep's results as they were at one moment, and all that is computed of them: each once, when a page asks first.</summary>
/// <param name="prices">Null where nothing is counted in money.</param>
/// <param name="version">What it has is at least <see cref="SweepFacts.Version"/>.</param>
public sealed class SweepSnapshot(SweepResults results, Prices? prices, string version)
{
    /// <summary>Bootstraps want a core each: one of all sweeps at a time.</summary>
    private static readonly SemaphoreSlim Turn = new(1);

    private readonly ConcurrentDictionary<string, Part> _parts = [];

    private readonly ConcurrentDictionary<(int Arm, int N), double?[]> _values = [];

    private sealed record Part(Func<SweepSnapshot, object> Make, Lazy<Task<object>> Made);

    public SweepResults Results => results;

    public Prices? Prices => prices;

    /// <summary>More is known of the sweep, and nobody will tell of it again: it has no change to come.</summary>
    public bool IsBehind(SweepFacts facts) => version != facts.Version && !facts.IsOpen;

    public IReadOnlyList<PromptFacts> Prompts => field ??= PromptFacts.Of(results);

    public Task<CurveFigure> CurveAsync(string axis) => PartAsync($"curve {axis}", s => CurveFigure.Of(s.Results, axis, s.Prices));

    /// <summary>Arms in every metric, with intervals.</summary>
    public Task<IReadOnlyList<ArmTable>> ScoresAsync() => PartAsync("scores", s => ArmTable.Of(s.Results));

    /// <summary>Of each arm.</summary>
    public Task<IReadOnlyList<JudgeAgreement>> AgreementAsync() => PartAsync<IReadOnlyList<JudgeAgreement>>(
        "agreement", s => [.. s.Results.Arms.Select(a => JudgeAgreement.Of(a, new Bootstrap((ulong)s.Results.Seed)))]);

    /// <summary>Of each arm.</summary>
    public Task<IReadOnlyList<ChainCosts>> CostsAsync() => PartAsync<IReadOnlyList<ChainCosts>>(
        "costs", s => [.. s.Results.Arms.Select(a => ChainCosts.Of(a, s.Prices))]);

    /// <summary>The mean score of what an arm's chains show of each prompt.</summary>
    /// <param name="n">After so many attempts at most; null for all.</param>
    public double?[] Values(int arm, int? n)
    {
        var most = Math.Min(n ?? int.MaxValue, results.Arms[arm].Strategy.MaxAttempts);
        return _values.GetOrAdd((arm, most), _ => PromptScores.At(results.Arms[arm], results.Prompts.Count, most));
    }

    /// <summary>All pairs of arms as far as each has attempts.</summary>
    public Task<ArmsVerdict> VerdictAsync() => PartAsync("verdict", s => ArmsVerdict.Of(s.Results));

    /// <summary>The first arm against the second.</summary>
    /// <param name="n">Attempts at most; null for all that each has.</param>
    public Task<PairVerdict> CompareAsync(int first, int second, int? n, string? category) =>
        PartAsync($"{OfPair}{first} {second} {n} {category}", s => PairVerdict.Of(s.Results, first, second, n, category));

    /// <summary>Computes what was asked of the snapshot before, so that nobody has to wait for it; pairs are quick, and many.</summary>
    public Task ComputeAsync(SweepSnapshot? before) => Task.WhenAll(before is null ? [] : before._parts
        .Where(p => !p.Key.StartsWith(OfPair, StringComparison.Ordinal)).Select(p => PartAsync(p.Key, p.Value.Make)));

    private const string OfPair = "pair ";

    private async Task<T> PartAsync<T>(string key, Func<SweepSnapshot, T> make)
        where T : class => (T)await _parts.GetOrAdd(key, _ => new(make, new(() => Task.Run<object>(async () =>
    {
        await Turn.WaitAsync();
        try
        {
            return make(this);
        }
        finally
        {
            Turn.Release();
        }
    })))).Made.Value;
}

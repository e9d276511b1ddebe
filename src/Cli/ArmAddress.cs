using System.Globalization;
using ReflectDiT.Eval.Analysis.Comparisons;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli;

/// <summary>An arm as a user names it: <c>SWEEP/ARM</c>, or <c>SWEEP</c> where that has one arm.</summary>
internal static class ArmAddress
{
    /// <param name="scorer">Whose scores; null for the sweep's own.</param>
    /// <exception cref="UsageException">There is no such arm.</exception>
    public static async Task<ComparedArm> FindAsync(
        LedgerSession session, string address, string? scorer, CancellationToken cancellation)
    {
        var (results, arm) = await SweepAsync(session, address, scorer, cancellation);
        return new(results, arm ?? Arm(results, null, address));
    }

    /// <summary>The sweep, and its arm where the address names one.</summary>
    /// <exception cref="UsageException">There is no such arm.</exception>
    public static async Task<(SweepResults Sweep, ArmResults? Arm)> SweepAsync(
        LedgerSession session, string address, string? scorer, CancellationToken cancellation)
    {
        var parts = address.Split('/', 2);
        var row = await session.Sweeps.FindAsync(parts[0], cancellation);
        var results = await SweepResultsQuery.LoadAsync(session, row, BenchmarkCatalog.Open, cancellation, scorer);
        return (results, parts.Length == 2 ? Arm(results, PlainName.Of(parts[1]), address) : null);
    }

    private static ArmResults Arm(SweepResults sweep, string? arm, string address)
    {
        if (arm is null && sweep.Arms.Count == 1)
        {
            return sweep.Arms[0];
        }

        return sweep.Arms.FirstOrDefault(a => a.Name == arm)
            ?? (int.TryParse(arm, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? sweep.Arms.ElementAtOrDefault(index)
                : null)
            ?? throw new UsageException(
                $"'{address}' does not name an arm: write SWEEP/ARM with an arm's name or number. Arms of {sweep.Sweep}: "
                + string.Join(", ", sweep.Arms.Select((a, i) => $"{i} '{a.Name}'")));
    }
}

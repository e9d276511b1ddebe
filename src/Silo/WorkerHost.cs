#if ORLEANS
using System.Reflection;
#endif
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;
#if ORLEANS
using ReflectDiT.Eval.Silo.Cluster;
#endif

namespace ReflectDiT.Eval.Silo;

/// <summary>
/// Hosts a worker: as an Orleans silo where the build has Orleans (Features.props), else as it is. Either way the
/// ledger's leases decide who may write, and what is drawn is the same.
/// </summary>
public static class WorkerHost
{
    /// <summary>What this build is, in one line.</summary>
#if ORLEANS
    public static string Description { get; } = $"Orleans {Version()}: workers are silos of one cluster";
#else
    public static string Description => "Orleans: not built in (docs/orleans.md); workers share sweeps by leases alone";
#endif

    /// <summary>A silo without slots serves the calls of clients and grains; any other worker without slots is idle.</summary>
#if ORLEANS
    public const int LeastSlots = 0;
#else
    public const int LeastSlots = 1;
#endif

    /// <summary>Works until told to stop; outages of the database are waited out.</summary>
    /// <param name="sweeps">What a sweep is run with, by its id.</param>
    /// <param name="stop">Attempts in flight are finished, none is begun, and leases are given back.</param>
    /// <exception cref="LedgerException">The database stayed away, or an artifact is damaged.</exception>
    public static Task RunAsync(
        LedgerSession ledger,
        Func<Guid, CancellationToken, Task<SweepSetup>> sweeps,
        WorkerOptions options,
        RunProgress progress,
        CancellationToken stop) =>
#if ORLEANS
        new SiloHost(ledger, sweeps, options, progress).RunAsync(stop);
#else
        new Worker(ledger, sweeps, options, progress).RunAsync(stop);
#endif

#if ORLEANS
    /// <summary>The package's: the assembly's own stays the same for a whole major version.</summary>
    private static string Version() => string.Concat(typeof(IMembershipTable).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion
        .TakeWhile(c => char.IsAsciiDigit(c) || c == '.')).TrimEnd('.');
#endif
}

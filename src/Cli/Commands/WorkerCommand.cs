using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Dashboard.Hosting;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Simulated;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Runner.Sweeps;
using ReflectDiT.Eval.Silo.Cluster;
using ReflectDiT.Eval.Silo.Health;
using ReflectDiT.Eval.Silo.Telemetry;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit worker</c>: works on whatever sweeps the ledger holds, beside any number of others.</summary>
internal static class WorkerCommand
{
    /// <summary>While the models serve one batch, the next can fill up; more chains would only wait.</summary>
    public const int DefaultSlots = 2 * SimulatedModels.MaxBatch;

    /// <summary>Of the arms that a ledger has, so many are named.</summary>
    private const int MostNamed = 20;

    /// <summary>Each has a task of its own.</summary>
    public const int MostSlots = 10_000;

    private const double LongestLease = 86_400;

    /// <summary>A cluster's database may be moved or upgraded: a worker outlives that.</summary>
    private static readonly TimeSpan OutagePatience = TimeSpan.FromDays(1);

    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var slots = new Option<int>("--slots")
        {
            Description = "Chains worked on at once, and drawings scored; with 0 the worker only serves calls of the cluster",
            DefaultValueFactory = _ => DefaultSlots,
            CustomParser = result => NumberArgument.Between(result, 0, MostSlots),
        };
        var arms = new Option<string[]>("--arms")
        {
            Description = "Take chains of these arms only, where this worker has only some of the models",
            AllowMultipleArgumentsPerToken = true,
        };
        var roles = new Option<Roles>("--roles")
        {
            Description = "What this worker does: generate, judge, score, or some of them with commas between",
            DefaultValueFactory = _ => Roles.All,
            CustomParser = ReadRoles,
        };
        var models = new Option<string?>("--models")
        {
            Description = "YAML of where this worker has models, by the names that sweeps give them: path, device, url, ...",
        };
        var lease = new Option<double>("--lease")
        {
            Description = "Seconds of silence after which others may take this worker's chains",
            DefaultValueFactory = _ => 30,
            CustomParser = result => NumberArgument.Between(result, 3.0, LongestLease),
        };
        var health = new Option<int?>("--health")
        {
            Description = "Port on which a cluster's probes are answered, and metrics shown: "
                + $"{HealthServer.Started}, {HealthServer.Ready}, {HealthServer.Live}, {HealthServer.Metrics}",
        };
        health.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is < 1 or > 65535)
                r.AddError($"--health {r.Tokens[0].Value} is not a port (1 to 65535)");
        });
        var bind = new Option<IPAddress>("--bind")
        {
            Description = "Address of this machine at which the silo and --health listen; 0.0.0.0 for all, [::] for those of IPv6 too",
            DefaultValueFactory = _ => IPAddress.Loopback,
            CustomParser = ReadAddress,
        };
        var dashboard = DashboardCommand.Port("--dashboard",
            $"Show the dashboard too, to this machine alone, at this port ({DashboardOptions.DefaultPort} if it is left out)");
        dashboard.Arity = ArgumentArity.ZeroOrOne;
        var command = new Command("worker", "Work on the sweeps of a ledger until told to stop")
        {
            slots, arms, roles, models, lease, health, bind, dashboard, ConsoleLog.Format,
        };
        ledger.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using var log = new ConsoleLog(parsed, LogLevel.Information);
            using var signals = new StopSignals(log);
            var stop = signals.Token;
            var progress = new RunProgress();
            using var telemetry = new TelemetryExport(progress, scraped: parsed.GetValue(health) is not null);
            var state = new WorkerHealth(progress, stop);
            await using var probes = parsed.GetValue(health) is { } port
                ? await HealthServer.StartAsync(new(parsed.GetRequiredValue(bind), port), state, telemetry.Metrics, stop)
                : null;
            string[]? names = parsed.GetValue(arms) is { Length: > 0 } given ? [.. given.Select(PlainName.Of)] : null;
            var (served, most) = (parsed.GetRequiredValue(roles), parsed.GetRequiredValue(slots));
            var options = new WorkerOptions(served == Roles.Score ? 0 : most, new WorkScope(Arms: names) { Role = RoleOf(served) })
            {
                ScoringSlots = served.HasFlag(Roles.Score) ? most : 0,
                Lease = TimeSpan.FromSeconds(parsed.GetRequiredValue(lease)),
                OutagePatience = OutagePatience,
            };
            var placements = Placements(parsed.GetValue(models));
            try
            {
                await using var session = await OpenAsync(ledger, parsed, log, stop);
                var listening = parsed.GetRequiredValue(bind);
                if (ClusterAddress.HidesFromOthers(listening, session.Source.ConnectionString))
                {
                    throw new UsageException(
                        "The database is at a network address, where silos of other machines may be too, and this one would listen "
                        + $"at {listening}: say where they reach it, --bind ADDRESS (0.0.0.0: where it reaches the database).");
                }

                state.Ledger = session;
                log.Say($"Working with {options.Slots} slots on {(names is null ? "every arm" : string.Join(", ", names))}, "
                    + $"and {options.ScoringSlots} for scores; artifacts in {ledger.Data(parsed)}.");
                await SayUnknownAsync(session, names, log, stop);
                if (placements.Count > 0)
                {
                    log.Say($"Placed here: {string.Join(", ", placements.Keys)}.");
                }

                await using var shown = parsed.GetResult(dashboard) is null
                    ? null
                    : await ShowAsync(ledger, parsed, parsed.GetValue(dashboard) ?? DashboardOptions.DefaultPort, log, stop);
                var silo = new SiloHost(
                    session,
                    (sweep, cancellation) => SweepPlanner.SetupAsync(session, sweep, progress.Models, placements, cancellation),
                    options,
                    progress)
                { Bind = listening };
                await silo.RunAsync(stop);
                log.Say($"Drained after {progress.Attempts} images.");
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                log.Say(
                    $"Stopped after {progress.Attempts} images while the database was away: nothing could be given back, "
                    + "and the ledger frees this worker's chains by itself.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A misspelt arm and one that is planned later look alike to a worker: both are waited for, and said.</summary>
    private static async Task SayUnknownAsync(LedgerSession session, string[]? names, ConsoleLog log, CancellationToken cancellation)
    {
        if (names is null)
            return;
        await using var ledger = new LedgerContext(session.Source);
        var known = await ledger.Arms.Select(arm => arm.Name).Distinct().Order().Take(MostNamed).ToListAsync(cancellation);
        var unknown = names.Except(await ledger.Arms.Where(arm => names.Contains(arm.Name)).Select(arm => arm.Name).ToListAsync(cancellation)).ToList();
        if (unknown.Count > 0)
        {
            log.Say($"No sweep of this ledger has an arm {string.Join(" or ", unknown.Select(name => $"'{name}'"))} yet: this worker waits for one. "
                + (known.Count == 0 ? "The ledger has no sweeps." : $"Its arms are {string.Join(", ", known)}."));
        }
    }

    /// <summary>A dashboard of the worker's own ledger, that ends with it.</summary>
    private static async Task<IAsyncDisposable> ShowAsync(
        LedgerOptions ledger, ParseResult parsed, int port, ConsoleLog log, CancellationToken stop)
    {
        var (session, server, address) = await DashboardStart.StartAsync(
            ledger, parsed, new(new(IPAddress.Loopback, port), DashboardStart.Folder(ledger.Data(parsed))), prices: null, sweep: null, log.Factory, stop);
        log.Say($"Dashboard: {address} (works once).");
        return new Shown(session, server);
    }

    private sealed class Shown(LedgerSession session, IAsyncDisposable server) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            await session.DisposeAsync();
        }
    }

    /// <param name="file">Of placements; null for none.</param>
    internal static IReadOnlyDictionary<string, Placement> Placements(string? file)
    {
        try
        {
            return file is null ? new Dictionary<string, Placement>() : PlacementFile.Read(file);
        }
        catch (SweepFileException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    /// <summary>What a worker does.</summary>
    [Flags]
    private enum Roles
    {
        Generate = 1,
        Judge = 2,
        Score = 4,
        Chains = Generate | Judge,
        All = Chains | Score,
    }

    private static Roles ReadRoles(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        var roles = default(Roles);
        foreach (var word in text.Split(','))
        {
            Roles? role = word switch
            {
                "generate" => Roles.Generate,
                "judge" => Roles.Judge,
                "score" => Roles.Score,
                _ => null,
            };
            if (role is null)
            {
                result.AddError($"--roles {text}: expected generate, judge and score, with commas between, found '{word}'");
                return Roles.All;
            }

            roles |= role.Value;
        }

        return roles;
    }

    /// <returns>Null for a worker that does all of a chain, or nothing of any.</returns>
    private static ChainRole? RoleOf(Roles roles) => (roles & Roles.Chains) switch
    {
        Roles.Generate => ChainRole.Generate,
        Roles.Judge => ChainRole.Judge,
        _ => null,
    };

    private static IPAddress ReadAddress(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (IPAddress.TryParse(text, out var address))
            return address;
        result.AddError($"--bind {text}: expected an IP address of this machine, such as 127.0.0.1, 0.0.0.0 or [::]");
        return IPAddress.None;
    }

    /// <summary>Workers and their database may be started in any order.</summary>
    private static async Task<LedgerSession> OpenAsync(
        LedgerOptions ledger, ParseResult parsed, ConsoleLog log, CancellationToken stop)
    {
        var since = Stopwatch.StartNew();
        var said = "";
        for (var pause = 1; ; pause = Math.Min(2 * pause, 10))
        {
            try
            {
                return await ledger.OpenAsync(parsed, ImageUse.Write, stop, log.Factory);
            }
            catch (LedgerException e) when (
                e.InnerException is { } cause && LedgerSession.IsOutage(cause) && since.Elapsed < OutagePatience)
            {
                if (said != e.Message)
                {
                    said = e.Message;
                    log.Say($"{e.Message} It is tried again until it answers.");
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(pause), stop);
        }
    }
}

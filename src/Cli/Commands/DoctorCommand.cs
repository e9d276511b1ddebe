using System.CommandLine;
using System.Runtime.InteropServices;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Server;
using ReflectDiT.Eval.Silo.Cluster;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit doctor</c>: what is there, what is missing, and what to do about it.</summary>
internal static class DoctorCommand
{
    private const long EnoughDisk = 1L << 30;

    public static Command Create()
    {
        var ledger = new LedgerOptions();
        var sweep = new Option<string?>("--sweep") { Description = "Look at the models of a sweep file too: are they there, do they fit, is their dtype slow here" };
        var models = new Option<string?>("--models") { Description = "Where this machine has the models, as for worker --models" };
        var command = new Command("doctor", "Say what is there, what is missing, and what to do") { sweep, models };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var findings = new List<Finding>
            {
                new(true, $".NET {Environment.Version} on {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores"),
                Disk(ledger.Data(parsed)),
                ledger.Database(parsed) is { } database
                    ? await DatabaseAsync(ledger.Data(parsed), database, cancellation)
                    : await PrivateServerAsync(ledger.Data(parsed), cancellation),
                new(true, "models: simulated ones need no accelerator and no weights"),
                NetworkFindings.OfLibtorch(),
                new(true, $"Orleans {SiloHost.OrleansVersion}: workers are silos of one cluster"),
            };
            if (parsed.GetValue(sweep) is { } file)
            {
                findings.AddRange(NetworkFindings.OfSweep(file, parsed.GetValue(models)));
            }

            foreach (var finding in findings)
            {
                Terminal.Write($"{(!finding.Good ? "MISSING" : finding.Warns ? "SLOW   " : "ok     ")} {finding.What}\n", "text");
            }

            return findings.TrueForAll(f => f.Good) ? ExitCode.Done : ExitCode.Infrastructure;
        });
        return command;
    }

    private static Finding Disk(string dataFolder)
    {
        var existing = dataFolder;
        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing)!;
        }

        try
        {
            File.Delete(Path.Combine(existing, $".reflectdit-doctor-{Environment.ProcessId}"));
            using (File.Create(Path.Combine(existing, $".reflectdit-doctor-{Environment.ProcessId}"), 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(false, $"data folder {dataFolder} cannot be written ({SystemFault.Of(e)}); choose another with --data");
        }

        var free = new DriveInfo(existing).AvailableFreeSpace;
        return free >= EnoughDisk
            ? new(true, $"data folder {dataFolder}, {free >> 30} GiB free")
            : new(false, $"data folder {dataFolder} has {free >> 20} MiB free; make room, or choose another with --data");
    }

    private static async Task<Finding> DatabaseAsync(string dataFolder, string database, CancellationToken cancellation)
    {
        try
        {
            await using var session = await LedgerSession.OpenExistingAsync(dataFolder, database, cancellation);
            return new(true, "the database given: reached, and its schema is that of this program");
        }
        catch (NoLedgerException)
        {
            return new(true, "the database given: reached; the first run makes its schema");
        }
        catch (LedgerException e)
        {
            return new(false, e.Message);
        }
    }

    private static async Task<Finding> PrivateServerAsync(string dataFolder, CancellationToken cancellation)
    {
        try
        {
            var status = await PrivateServer.ProbeAsync(dataFolder, cancellation);
            var postgres = await PostgresBinaries.FindAsync(status.ClusterMajor, cancellation);
            return new(true, $"PostgreSQL {postgres.Version} in {postgres.Folder}; "
                + (status.ProcessId is { } id ? $"the private server runs (process {id})" : "the private server starts when it is needed"));
        }
        catch (LedgerException e)
        {
            return new(false, e.Message);
        }
    }
}

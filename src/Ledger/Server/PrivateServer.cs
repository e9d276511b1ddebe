using System.Diagnostics;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>
/// A PostgreSQL server of its own for a data folder: no TCP, a socket that only the owner of the folder (and root)
/// can use, started by the first command that needs it and left running for the next.
/// </summary>
public static class PrivateServer
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    /// <summary>Starts the data folder's server unless it runs, and returns Npgsql's connection string to it.</summary>
    /// <exception cref="PostgresMissingException">PostgreSQL 15 or newer is not installed.</exception>
    /// <exception cref="PrivateServerException">The server cannot be made or started.</exception>
    public static async Task<string> EnsureStartedAsync(string dataFolder, CancellationToken cancellation = default)
    {
        try
        {
            Directory.CreateDirectory(dataFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PrivateServerException($"Cannot make the data folder {dataFolder}: {SystemFault.Of(e)}. Choose another with --data.");
        }

        var data = Posix.RealPath(dataFolder);
        var cluster = new Cluster(data);
        using var turn = await TakeTurnAsync(data, cancellation);
        RefuseForeign(cluster);
        if (await Postmaster.FindSettledAsync(cluster, cancellation) is { } running)
        {
            if (SocketFolder.HasSocket(running.SocketFolder))
                return ConnectionString(cluster, running.SocketFolder);
            // Its socket was swept out of /tmp: nobody can reach it any more.
            await running.StopAsync(cluster, cancellation);
        }
        return await StartAsync(data, cluster, cancellation);
    }

    /// <summary>Whether the data folder has a database; whether its server runs is another question.</summary>
    public static bool IsIn(string dataFolder) =>
        Directory.Exists(dataFolder) && new Cluster(Posix.RealPath(dataFolder)).Exists;

    /// <summary>Ends the data folder's server and waits until it is gone. False if there was none.</summary>
    public static async Task<bool> StopAsync(string dataFolder, CancellationToken cancellation = default)
    {
        if (!Directory.Exists(dataFolder))
            return false;
        var data = Posix.RealPath(dataFolder);
        var cluster = new Cluster(data);
        if (!cluster.Exists)
            return false;
        using var turn = await TakeTurnAsync(data, cancellation);
        RefuseForeign(cluster);
        var running = Postmaster.Find(cluster.Folder);
        if (running is not null)
            await running.StopAsync(cluster, cancellation);
        SocketFolder.Delete(SocketFolder.PathFor(data, Owner(cluster)), Owner(cluster));
        return running is not null;
    }

    /// <summary>What is there, without starting or changing anything.</summary>
    public static async Task<PrivateServerStatus> ProbeAsync(
        string dataFolder, CancellationToken cancellation = default)
    {
        var installed = await PostgresBinaries.FindAllAsync(cancellation);
        if (!Directory.Exists(dataFolder))
            return new PrivateServerStatus(installed, null, null, null);
        var cluster = new Cluster(Posix.RealPath(dataFolder));
        if (!cluster.Exists)
            return new PrivateServerStatus(installed, null, null, null);
        RefuseForeign(cluster);
        return new PrivateServerStatus(
            installed, cluster.Major, Postmaster.Find(cluster.Folder)?.ProcessId, cluster.LogFile);
    }

    private static async Task<string> StartAsync(string data, Cluster cluster, CancellationToken cancellation)
    {
        var user = await ServerUser.ForAsync(cluster.Folder, cancellation);
        var binaries = await PostgresBinaries.FindAsync(cluster.Major, cancellation);
        if (!cluster.Exists)
            await cluster.InitialiseAsync(binaries, user, cancellation);
        var prefix = await user.PrefixAsync(cluster.Folder, cancellation);
        var socketFolder = SocketFolder.PathFor(data, user.Id);
        SocketFolder.Create(socketFolder, user);
        cluster.Configure(socketFolder, await OwnersAsync(data, cancellation), user);
        Postmaster.ForgetDead(cluster.Folder);
        await Postmaster.LaunchAsync(binaries, cluster, prefix, cancellation);
        return ConnectionString(cluster, socketFolder);
    }

    /// <summary>The users who may connect. Root can become any of them, so it is let in at once.</summary>
    private static async Task<IEnumerable<string>> OwnersAsync(string data, CancellationToken cancellation)
    {
        var owner = await ServerUser.LookUpAsync($"{Posix.Status(data)!.Value.User}", cancellation);
        return new[] { "root", owner?.Name, Environment.UserName }.OfType<string>().Distinct();
    }

    private static string ConnectionString(Cluster cluster, string socketFolder)
    {
        SocketFolder.Verify(socketFolder, Owner(cluster));
        return $"Host={socketFolder};Port={SocketFolder.Port};Username={Cluster.Role};Database={Cluster.Database};"
            + "SSL Mode=Disable;GSS Encryption Mode=Disable;Include Error Detail=true";
    }

    private static uint Owner(Cluster cluster) => Posix.Status(cluster.Folder)!.Value.User;

    private static void RefuseForeign(Cluster cluster)
    {
        if (Posix.EffectiveUser != 0 && Posix.Status(cluster.Folder) is { } status
            && status.User != Posix.EffectiveUser)
        {
            throw new PrivateServerException(
                $"{cluster.Folder} belongs to user id {status.User}, not to you ({Posix.EffectiveUser}). "
                + "Run as that user, or choose another data folder.");
        }
    }

    /// <summary>One command at a time starts or stops the server of a data folder.</summary>
    private static async Task<FileStream> TakeTurnAsync(string data, CancellationToken cancellation)
    {
        var file = Path.Combine(data, "postgres.lock");
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(file) && waited.Elapsed < Patience)
            {
                await Task.Delay(Poll, cancellation);
            }
            catch (UnauthorizedAccessException)
            {
                throw new PrivateServerException(
                    $"Cannot write {file}. Use a data folder that belongs to you (see --data).");
            }
        }
    }
}

/// <summary>What a data folder's private server has and lacks.</summary>
/// <param name="Installed">PostgreSQL installations of this machine, newest first.</param>
/// <param name="ClusterMajor">Version that made the data folder's database; null if there is none yet.</param>
/// <param name="ProcessId">The running server, or null.</param>
/// <param name="LogFile">The server's log, or null before the first start.</param>
public sealed record PrivateServerStatus(
    IReadOnlyList<PostgresBinaries> Installed, int? ClusterMajor, int? ProcessId, string? LogFile);

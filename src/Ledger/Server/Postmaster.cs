using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>The server's first process, as its postmaster.pid and /proc tell of it.</summary>
internal sealed record Postmaster(int ProcessId, string SocketFolder, bool IsReady)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A server whose folder was moved away sees within a minute that it must end.</summary>
    private static readonly TimeSpan LeftoverPatience = TimeSpan.FromSeconds(90);

    /// <summary>The living server of this cluster, or null.</summary>
    /// <remarks>
    /// After a crash of the machine the file's number may belong to some other process, so the process must be
    /// <c>postgres -D</c> this very folder.
    /// </remarks>
    public static Postmaster? Find(string cluster)
    {
        var lines = ReadLines(PidFile(cluster));
        if (lines.Length == 0 || !int.TryParse(lines[0], out var process) || !IsPostmaster(process, cluster))
            return null;
        var ready = lines.Length > 7 && lines[7].Trim() == "ready";
        return new Postmaster(process, lines.Length > 4 ? lines[4] : "", ready);
    }

    /// <summary>The living server once it is neither starting nor stopping, or null.</summary>
    public static async Task<Postmaster?> FindSettledAsync(Cluster cluster, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var found = Find(cluster.Folder);
            if (found is null or { IsReady: true })
                return found;
            if (waited.Elapsed > Patience)
                throw Failed($"is neither up nor down after {Patience.TotalMinutes} minutes", cluster.LogFile, 0);
            await Task.Delay(Poll, cancellation);
        }
    }

    /// <summary>Removes the pid file of a server that is gone: if its number lives, no new server would start.</summary>
    public static void ForgetDead(string cluster) => File.Delete(PidFile(cluster));

    /// <summary>Starts the server in a session of its own, so that it outlives this process and its Ctrl-C.</summary>
    public static async Task LaunchAsync(
        PostgresBinaries binaries, Cluster cluster, IReadOnlyList<string> prefix, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var logStart = File.Exists(cluster.LogFile) ? new FileInfo(cluster.LogFile).Length : 0;
            using var child = ChildProcess.Start([.. prefix, "sh", "-c", "exec setsid \"$@\" </dev/null >>\"$0\" 2>&1",
                cluster.LogFile, binaries.Program("postgres"), "-D", cluster.Folder]);
            while (!child.HasExited && waited.Elapsed < Patience)
            {
                if (Find(cluster.Folder) is { IsReady: true })
                    return;
                await Task.Delay(Poll, cancellation);
            }
            if (!child.HasExited)
                throw Failed($"did not become ready in {Patience.TotalMinutes} minutes", cluster.LogFile, logStart);
            var errors = await child.StandardError.ReadToEndAsync(cancellation);
            // Processes of a server that was killed end by themselves within a moment.
            var leftovers = ReadFrom(cluster.LogFile, logStart).Contains("is still in use", StringComparison.Ordinal);
            if (!leftovers || waited.Elapsed > LeftoverPatience)
                throw Failed($"ended with exit code {child.ExitCode} {errors}".TrimEnd(), cluster.LogFile, logStart);
            await Task.Delay(Poll, cancellation);
        }
    }

    /// <summary>Fast shutdown: open transactions are rolled back, the rest is on disk when it returns.</summary>
    public async Task StopAsync(Cluster cluster, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        var logStart = File.Exists(cluster.LogFile) ? new FileInfo(cluster.LogFile).Length : 0;
        Posix.Signal(ProcessId, Posix.Interrupt);
        while (IsPostmaster(ProcessId, cluster.Folder))
        {
            if (waited.Elapsed > Patience)
                throw Failed($"did not stop in {Patience.TotalMinutes} minutes", cluster.LogFile, logStart);
            await Task.Delay(Poll, cancellation);
        }
    }

    private static string PidFile(string cluster) => Path.Combine(cluster, "postmaster.pid");

    private static bool IsPostmaster(int process, string cluster)
    {
        var arguments = string.Join('\n', ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/cmdline"))
            .Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return arguments.Length >= 3 && Path.GetFileName(arguments[0]) == "postgres"
            && arguments[1] == "-D" && arguments[2] == cluster;
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException
            || error is IOException && !File.Exists(path))
        {
            return [];
        }
    }

    private static PrivateServerException Failed(string what, string logFile, long logStart)
    {
        var lines = ReadFrom(logFile, logStart).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new PrivateServerException(
            $"The PostgreSQL server {what}. Its log ({logFile}) ends with:\n{string.Join('\n', lines.TakeLast(15))}");
    }

    private static string ReadFrom(string file, long start)
    {
        if (!File.Exists(file))
            return "";
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Seek(start, SeekOrigin.Begin);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

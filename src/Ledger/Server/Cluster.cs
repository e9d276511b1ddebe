namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>PostgreSQL's own folder in the data folder: made whole or not at all, configured at each start.</summary>
internal sealed class Cluster(string dataFolder)
{
    public const string Role = "reflectdit";
    public const string Database = "reflectdit";
    private const string ConfigurationFile = "reflectdit.conf";
    private const string Unfinished = "postgres.new-";
    private const long LogLimit = 8 << 20;

    public string Folder { get; } = Path.Combine(dataFolder, "postgres");

    public string LogFile => Path.Combine(Folder, "server.log");

    public bool Exists => Directory.Exists(Folder);

    /// <summary>The major version of PostgreSQL that made it, or null before it is made.</summary>
    public int? Major => File.Exists(Path.Combine(Folder, "PG_VERSION"))
        ? int.Parse(File.ReadAllText(Path.Combine(Folder, "PG_VERSION")).Trim())
        : null;

    public async Task InitialiseAsync(PostgresBinaries binaries, ServerUser user, CancellationToken cancellation)
    {
        foreach (var leftover in Directory.GetDirectories(dataFolder, Unfinished + "*"))
            DeleteIfPossible(leftover);
        var folder = Path.Combine(dataFolder, Unfinished + Path.GetRandomFileName());
        try
        {
            Directory.CreateDirectory(folder, SocketFolder.OwnerOnly);
            user.Own(folder);
            var prefix = await user.PrefixAsync(folder, cancellation);
            await RunAsync([.. prefix, binaries.Program("initdb"), "--pgdata", folder, "--username", Role,
                "--encoding", "UTF8", "--locale", "C", "--data-checksums", "--auth", "reject", "--no-instructions"],
                cancellation);
            await RunAsync([.. prefix, binaries.Program("postgres"), "--single", "-D", folder, "-c",
                "exit_on_error=on", "postgres"], cancellation, $"CREATE DATABASE {Database}\n");
            await File.AppendAllTextAsync(
                Path.Combine(folder, "postgresql.conf"), $"include '{ConfigurationFile}'\n", cancellation);
            Directory.Move(folder, Folder);
            await RunAsync(["sync", dataFolder], cancellation);
        }
        finally
        {
            DeleteIfPossible(folder);
        }
    }

    /// <summary>Settings that may change between two starts: where the socket is, and who may connect.</summary>
    public void Configure(string socketFolder, IEnumerable<string> owners, ServerUser user)
    {
        Write(ConfigurationFile, $"""
            # Written at each start of the server.
            listen_addresses = ''
            port = {SocketFolder.Port}
            unix_socket_directories = '{socketFolder}'
            unix_socket_permissions = 0700
            max_connections = 200
            shared_buffers = 128MB
            # A logout sweeps a user's files out of /dev/shm, and a container may have little room there.
            dynamic_shared_memory_type = mmap
            fsync = on
            full_page_writes = on
            synchronous_commit = on
            jit = off
            timezone = 'UTC'
            log_timezone = 'UTC'
            log_checkpoints = off
            log_line_prefix = '%m [%p] '
            """, user);
        Write("pg_hba.conf", $"""
            local all {Role} peer map=owner
            local all all reject
            host all all all reject
            """, user);
        Write("pg_ident.conf", string.Join('\n', owners.Select(owner => $"owner \"{owner}\" {Role}")), user);
        if (File.Exists(LogFile) && new FileInfo(LogFile).Length > LogLimit)
            File.Move(LogFile, LogFile + ".1", overwrite: true);
    }

    private void Write(string name, string text, ServerUser user)
    {
        var target = Path.Combine(Folder, name);
        var temporary = target + ".new";
        File.Delete(temporary);
        // CreateNew follows no link that the folder's owner may have put there.
        using (var writer = new StreamWriter(new FileStream(temporary, FileMode.CreateNew)))
            writer.WriteLine(text);
        user.Own(temporary);
        File.Move(temporary, target, overwrite: true);
    }

    private static async Task RunAsync(IReadOnlyList<string> command, CancellationToken cancellation, string input = "")
    {
        var (status, output) = await ChildProcess.RunAsync(command, cancellation, input);
        if (status != 0)
        {
            throw new PrivateServerException(
                $"Cannot make the database: exit {status} of {string.Join(' ', command)}\n{output.Trim()}");
        }
    }

    private static void DeleteIfPossible(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // An initdb that outlived its command still writes there; the next start removes it.
        }
    }
}

using System.Diagnostics;
using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger.Tests.Server;

/// <summary>The server is its owner's alone, whoever that is.</summary>
public sealed class PrivateServerOwnerTests
{
    private const string Stranger = "daemon";

    [RootFact]
    public async Task Another_user_cannot_connect()
    {
        await using var data = new DataFolder();
        var socketFolder = new NpgsqlConnectionStringBuilder(await data.StartAsync()).Host!;

        var (status, output) = await RunAsync(Connect(Stranger, socketFolder, "reflectdit"));
        Assert.NotEqual(0, status);
        Assert.Contains("Permission denied", output, StringComparison.Ordinal);

        // Even with the folder and the socket open to all, the server itself refuses.
        File.SetUnixFileMode(socketFolder, DataFolder.OpenToAll);
        await RunAsync(["chmod", "777", Path.Combine(socketFolder, ".s.PGSQL.5432")]);
        var (_, serverUser) = await RunAsync(["stat", "--format=%U", socketFolder]);
        foreach (var user in new[] { Stranger, serverUser.Trim() })
        {
            (status, output) = await RunAsync(Connect(user, socketFolder, "reflectdit"));
            Assert.NotEqual(0, status);
            Assert.Contains("Peer authentication failed", output, StringComparison.Ordinal);
        }
        (status, output) = await RunAsync(Connect("root", socketFolder, "postgres"));
        Assert.NotEqual(0, status);
        Assert.Contains("pg_hba.conf rejects connection", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(Connect("root", socketFolder, "reflectdit"))).Status);
        File.SetUnixFileMode(socketFolder, DataFolder.OwnerOnly);
    }

    [RootFact]
    public async Task Root_can_have_its_data_below_a_folder_that_nobody_else_may_enter()
    {
        await using var data = new DataFolder(rootMode: DataFolder.OwnerOnly);
        Assert.Equal(1, await DataFolder.QueryAsync(await data.StartAsync(), "SELECT 1"));
    }

    [Fact]
    public async Task A_socket_folder_that_somebody_else_laid_out_is_refused()
    {
        await using var data = new DataFolder();
        var socketFolder = new NpgsqlConnectionStringBuilder(await data.StartAsync()).Host!;
        await PrivateServer.StopAsync(data.Path);
        Directory.CreateDirectory(data.Path + "-trap", DataFolder.OwnerOnly);
        File.CreateSymbolicLink(socketFolder, data.Path + "-trap");
        try
        {
            var error = await Assert.ThrowsAsync<PrivateServerException>(() => data.StartAsync());
            Assert.Contains(socketFolder, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(socketFolder);
        }
    }

    /// <summary>A server's life once more, as a user who may do nothing but run programs.</summary>
    [RootFact(OthersRun = "dotnet")]
    public async Task An_ordinary_user_has_a_server_too()
    {
        var home = Directory.CreateTempSubdirectory("reflectdit-ordinary-").FullName;
        try
        {
            var assembly = typeof(PrivateServerOwnerTests).Assembly.Location;
            await RunAsync(["cp", "-r", Path.GetDirectoryName(assembly)!, $"{home}/tests"]);
            await RunAsync(["chown", "-R", Stranger, home]);
            var (status, output) = await RunAsync([.. As(Stranger), "env", $"HOME={home}", $"DOTNET_CLI_HOME={home}",
                "dotnet", "vstest", $"{home}/tests/{Path.GetFileName(assembly)}",
                $"--TestCaseFilter:FullyQualifiedName~{typeof(PrivateServerTests).FullName}"]);
            Assert.True(status == 0, output);
            Assert.Contains("Passed!", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static string[] As(string user) => ["setpriv", $"--reuid={user}", "--clear-groups"];

    private static string[] Connect(string user, string socketFolder, string role) =>
        [.. As(user), "psql", "--no-password", "-h", socketFolder, "-U", role, "-d", "reflectdit", "-c", "SELECT 1"];

    private static async Task<(int Status, string Output)> RunAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync() + await errors;
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}

using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>Commands without a database: the private server of the data folder.</summary>
public sealed class PrivateServerCommandTests
{
    [Fact]
    public async Task A_server_serves_one_command_after_the_other_until_it_is_stopped_and_comes_back_with_its_rows()
    {
        await using var ledger = LedgerFolder.Private();
        Assert.Equal(0, (await ledger.RunProcessAsync("demo", "geneval", "--limit", "3")).ExitCode);
        var server = await ledger.ServerAsync();
        var status = await ledger.RunAsync("status");
        Assert.Contains("6/1106 chains done, 0 failed, 0 leased", status.Out);
        Assert.Equal(server, await ledger.ServerAsync());

        var stopped = await ledger.RunAsync("db", "stop");
        Assert.Equal((0, ""), (stopped.ExitCode, stopped.Out));
        Assert.Null((await PrivateServer.ProbeAsync(ledger.Path)).ProcessId);
        Assert.Equal(0, (await ledger.RunAsync("db", "stop")).ExitCode);

        Assert.Equal(status, await ledger.RunAsync("status"));
        var more = await ledger.RunProcessAsync("demo", "geneval", "--limit", "5");
        Assert.Equal(0, more.ExitCode);
        Assert.Contains("10/10 chains", more.Error);
        Assert.Contains("10/1106 chains done", (await ledger.RunAsync("status")).Out);
    }

    [Fact]
    public async Task Doctor_tells_what_is_there_and_starts_nothing()
    {
        await using var ledger = LedgerFolder.Private();

        var doctor = await ledger.RunAsync("doctor");

        Assert.Equal((0, ""), (doctor.ExitCode, doctor.Error));
        Assert.All(doctor.Out.TrimEnd().Split('\n'), line => Assert.StartsWith("ok ", line));
        Assert.Contains("PostgreSQL", doctor.Out);
        Assert.Null((await PrivateServer.ProbeAsync(ledger.Path)).ProcessId);
        Assert.Empty(Directory.GetFileSystemEntries(ledger.Path));
    }

    [Fact]
    public async Task Doctor_ends_with_4_when_something_is_missing_and_says_what_to_do()
    {
        using var folder = new TemporaryFolder();

        var doctor = await CliProcess.RunAsync(
            "doctor", "--data", folder.Root, "--database", $"Host={folder.Root};Username=me;Database=none");

        Assert.Equal(4, doctor.ExitCode);
        Assert.Contains("MISSING", doctor.Out);
        Assert.Contains("Check --database", doctor.Out);
    }
}

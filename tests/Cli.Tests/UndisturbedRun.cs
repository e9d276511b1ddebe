using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>A run of a part of the demo that nothing happened to, in a database of its own, and the server of it.</summary>
public sealed class UndisturbedRun : IAsyncLifetime
{
    public static IReadOnlyList<string> Sweep { get; } = ["demo", "geneval", "--limit", "40"];

    public PostgresServer Server { get; } = new();

    /// <summary>All its rows, as <see cref="LedgerDump"/> tells them.</summary>
    public IReadOnlyList<string> Rows { get; private set; } = [];

    public int Attempts { get; private set; }

    /// <summary>What it wrote to standard output.</summary>
    public string Report { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        await using var ledger = await LedgerFolder.InAsync(Server);
        var run = await ledger.RunAsync([.. Sweep, "--concurrency", "8"]);
        Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
        Rows = await ledger.DumpAsync();
        Attempts = await ledger.CheckImagesAsync();
        Report = run.Out;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>
/// A sweep of 85 prompts run twice, each time in a database of its own: at once, and in parts with fewer chains at a
/// time. Both stay for the commands that read.
/// </summary>
[CollectionDefinition(nameof(SmallSweeps))]
public sealed class SmallSweeps : IAsyncLifetime, ICollectionFixture<SmallSweeps>
{
    public PostgresServer Server { get; } = new();

    internal LedgerFolder AtOnce { get; private set; } = null!;

    internal LedgerFolder InParts { get; private set; } = null!;

    /// <summary>What the runs did, in the order above.</summary>
    internal IReadOnlyList<CliProcess> Runs { get; private set; } = [];

    /// <summary>The demo's arms with N=3, on one prompt of each kind and 80 of single objects.</summary>
    public static string[] Command(params string[] more) =>
    [
        "demo", "geneval", "--set", "name=small", "--set", "benchmark.per_task=1",
        "--set", "arms.0.strategy.n=3", "--set", "arms.1.strategy.n=3", .. more,
    ];

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        AtOnce = await LedgerFolder.InAsync(Server);
        InParts = await LedgerFolder.InAsync(Server);
        Runs =
        [
            await AtOnce.RunAsync(Command()),
            await InParts.RunAsync(Command("--limit", "12")),
            await InParts.RunAsync(Command("--category", "colors")),
            await InParts.RunAsync(Command("--concurrency", "2")),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await AtOnce.DisposeAsync();
        await InParts.DisposeAsync();
        await Server.DisposeAsync();
    }
}

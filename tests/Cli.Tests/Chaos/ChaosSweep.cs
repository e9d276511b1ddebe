using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>
/// The demo on few prompts, with beams in the place of reflection, and what one process records of it that nothing happens
/// to. benchmarks/chaos/run.sh makes it longer and other by the variables.
/// </summary>
public sealed class ChaosSweep : IAsyncLifetime
{
    /// <summary>An arm whose steps have one image, and one whose steps have several, each with a context.</summary>
    public static string[] Run { get; } =
    [
        "demo", "geneval", "--set", "name=chaos", "--set", $"benchmark.per_task={Variable("REFLECTDIT_CHAOS_PER_TASK", 2)}",
        "--set", "arms.1.strategy={kind: beam-reflection, n: 20, width: 3, k: 3}",
    ];

    /// <summary>Decides who is killed.</summary>
    public static int Seed { get; } = Variable("REFLECTDIT_CHAOS_SEED", 1);

    /// <summary>How often a process is killed where it is more than once.</summary>
    public static int Kills { get; } = Variable("REFLECTDIT_CHAOS_KILLS", 3);

    /// <summary>How many work at once where they are many.</summary>
    public static int Processes { get; } = Variable("REFLECTDIT_CHAOS_PROCESSES", 3);

    /// <summary>Of a slow model: longer than the lease of the test lasts.</summary>
    public static TimeSpan Load { get; } = TimeSpan.FromSeconds(Variable("REFLECTDIT_CHAOS_LOAD_SECONDS", 8));

    /// <summary>How long a slow model takes for a batch, at least.</summary>
    public static TimeSpan Batch { get; } = TimeSpan.FromMilliseconds(Variable("REFLECTDIT_CHAOS_BATCH_MILLISECONDS", 50));

    /// <summary>The placement of a slow model.</summary>
    public static string SlowModel { get; } = $"{{load_seconds: {Load.TotalSeconds}, batch_seconds: {Batch.TotalSeconds}}}";

    private static readonly Lazy<Task<(IReadOnlyList<string> Rows, int Attempts, int Chains)>> Undisturbed = new(RecordAsync);

    public PostgresServer Server { get; } = new();

    /// <summary>All rows, as <see cref="LedgerDump"/> tells them.</summary>
    public IReadOnlyList<string> Rows { get; private set; } = [];

    public int Attempts { get; private set; }

    public int Chains { get; private set; }

    /// <summary>
    /// For slow models, however long the variables make them: they are loaded twice, one after the other, and each
    /// attempt is drawn, judged and looked at in batches of its own.
    /// </summary>
    public TimeSpan SlowPatience => LedgerFolder.Patience + (2 * Load) + (3 * Attempts * Batch);

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        (Rows, Attempts, Chains) = await Undisturbed.Value;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Plans the sweep and leaves it to workers.</summary>
    internal static async Task PlanAsync(LedgerFolder ledger, params string[] more)
    {
        var plan = await ledger.RunAsync([.. Run, "--detach", .. more]);
        Assert.True(plan.ExitCode == 0, plan.Error);
    }

    internal Task ReachEndAsync(LedgerFolder ledger, RunningCli worker, TimeSpan? patience = null) => ledger.ReachAsync(
        Chains,
        "SELECT count(*) FROM reflectdit.chains WHERE state = 'done' AND NOT EXISTS (SELECT FROM reflectdit.scorings)",
        worker,
        patience);

    /// <summary>No attempt lost, none twice, every image whole, all rows as undisturbed.</summary>
    /// <returns>How often a chain was taken that another had begun: the attempts in flight there were drawn for nothing.</returns>
    internal async Task<long> AssertUndisturbedAsync(LedgerFolder ledger)
    {
        Assert.Equal(Rows, await ledger.DumpAsync());
        Assert.Equal(Attempts, await ledger.CheckImagesAsync());
        return await ledger.ScalarAsync("SELECT sum(epoch)::bigint - count(*) FROM reflectdit.chains");
    }

    /// <summary>Once for all classes.</summary>
    private static async Task<(IReadOnlyList<string> Rows, int Attempts, int Chains)> RecordAsync()
    {
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        await using var ledger = await LedgerFolder.InAsync(server);
        var run = await ledger.RunAsync(Run);
        Assert.True(run.ExitCode == 0, run.Error);
        return (
            await ledger.DumpAsync(),
            await ledger.CheckImagesAsync(),
            (int)await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.chains"));
    }

    private static int Variable(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}

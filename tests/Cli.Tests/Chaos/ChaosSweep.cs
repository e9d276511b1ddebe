using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>
/// The demo on few prompts, and what one process records of it that nothing happens to. benchmarks/chaos/run.sh makes
/// it longer and other by the variables.
/// </summary>
public sealed class ChaosSweep : IAsyncLifetime
{
    public static string[] Run { get; } =
        ["demo", "--set", "name=chaos", "--set", $"benchmark.per_task={Variable("REFLECTDIT_CHAOS_PER_TASK", 4)}"];

    /// <summary>Decides who is killed.</summary>
    public static int Seed { get; } = Variable("REFLECTDIT_CHAOS_SEED", 1);

    /// <summary>The placement of models that take longer to load than the lease of the test lasts.</summary>
    public static string SlowModel { get; } =
        $"{{load_seconds: {Variable("REFLECTDIT_CHAOS_LOAD_SECONDS", 5)}, batch_seconds: {Variable("REFLECTDIT_CHAOS_BATCH_MILLISECONDS", 50) / 1000.0}}}";

    public PostgresServer Server { get; } = new();

    /// <summary>All rows, as <see cref="LedgerDump"/> tells them.</summary>
    public IReadOnlyList<string> Rows { get; private set; } = [];

    public int Attempts { get; private set; }

    public int Chains { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        await using var ledger = await LedgerFolder.InAsync(Server);
        var run = await ledger.RunAsync(Run);
        Assert.True(run.ExitCode == 0, run.Error);
        Rows = await ledger.DumpAsync();
        Attempts = await ledger.CheckImagesAsync();
        Chains = (int)await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.chains");
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Plans the sweep and leaves it to workers.</summary>
    internal static async Task PlanAsync(LedgerFolder ledger, params string[] more)
    {
        var plan = await ledger.RunAsync([.. Run, "--detach", .. more]);
        Assert.True(plan.ExitCode == 0, plan.Error);
    }

    internal Task ReachEndAsync(LedgerFolder ledger, RunningCli worker) => ledger.ReachAsync(
        Chains, "SELECT count(*) FROM reflectdit.chains WHERE state = 'done'", worker);

    /// <summary>No attempt lost, none twice, every image whole, all rows as undisturbed.</summary>
    /// <returns>How often a chain was taken that another had begun: the attempts in flight there were drawn for nothing.</returns>
    internal async Task<long> AssertUndisturbedAsync(LedgerFolder ledger)
    {
        Assert.Equal(Rows, await ledger.DumpAsync());
        Assert.Equal(Attempts, await ledger.CheckImagesAsync());
        return await ledger.ScalarAsync("SELECT sum(epoch)::bigint - count(*) FROM reflectdit.chains");
    }

    private static int Variable(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}

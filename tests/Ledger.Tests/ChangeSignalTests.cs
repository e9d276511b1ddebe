using System.Diagnostics;
using Npgsql;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

public sealed class ChangeSignalTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_durable_attempt_is_told_and_many_at_once_are_told_in_few()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(prompts: 40), CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var listener = await ledger.Session.Source.OpenConnectionAsync();
        await using (var listen = new NpgsqlCommand($"LISTEN {ChangeSignal.Channel}", listener))
        {
            await listen.ExecuteNonQueryAsync();
        }

        var heard = 0;
        listener.Notification += (_, _) => heard++;
        var watch = Stopwatch.StartNew();
        await using (var writer = new AttemptWriter(ledger.Session.Source, ledger.Session.Artifacts, ledger.Session.Changes))
        {
            foreach (var chain in chains)
            {
                await writer.AppendAsync(LedgerFixture.Attempt(chain, 0, ends: 0)); // a group of its own each
            }
        }

        var took = watch.Elapsed;
        await ledger.Session.Changes.DisposeAsync();
        using var patience = new CancellationTokenSource(Patience);
        await listener.WaitAsync(patience.Token);
        await using (var flush = new NpgsqlCommand("SELECT 1", listener))
        {
            await flush.ExecuteNonQueryAsync();
        }

        Assert.Equal(80, chains.Count);
        Assert.InRange(heard, 1, 2 + (took / ChangeSignal.Pause));
        await worker.DisposeAsync();
    }
}

using System.Globalization;
using System.Text;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Exchange.Exports;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Exchange.Tests;

/// <summary>What queries cost grows with the rows that they read and not with rows times chains.</summary>
public sealed class LedgerQueryTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task An_export_of_20000_chains_reads_each_once_and_gives_each_its_own_attempt()
    {
        var few = await ExportAsync(replicates: 1);
        var many = await ExportAsync(replicates: 37);
        Assert.Equal(37 * 553, many.Export.Arms[0].Chains.Count);
        Assert.All(many.Export.Arms[0].Chains, c => Assert.Equal(
            Words(c.Result.Replicate, c.Prompt.Prompt), Assert.Single(c.Attempts).Row.Feedback));
        Assert.Equal(few.Sent, many.Sent);
        Assert.Single(many.Sent, s => s.Contains("FROM reflectdit.chains", StringComparison.Ordinal)
            && !s.Contains("JOIN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Status_goes_through_chains_and_attempts_once_for_all_sweeps_and_workers()
    {
        await using var import = await TestImport.CreateAsync(server);
        await import.WriteAsync(import.Csv(Table(replicates: 1)));
        await import.WriteAsync(import.Csv(Table(replicates: 2)));
        using var statements = new StatementLog();
        var all = await SweepStatus.AllAsync(import.Session, CancellationToken.None);
        await SweepStatus.WorkersAsync(import.Session, CancellationToken.None);

        Assert.Equal([(553, 553, 0, 553), (1106, 1106, 0, 1106)], all.Select(s => (s.Chains, s.Done, s.Failed, s.Attempts)));
        var reads = statements.Sent.Where(s => s.Contains("reflectdit.sweeps", StringComparison.Ordinal)
            || s.Contains("reflectdit.living_workers", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, reads.Count);
        foreach (var sql in reads)
        {
            await using var explain = import.Session.Source.CreateCommand($"EXPLAIN {sql}");
            await using var plan = await explain.ExecuteReaderAsync();
            while (await plan.ReadAsync())
            {
                // A subplan runs again for each row of what it stands in.
                Assert.DoesNotContain("SubPlan", plan.GetString(0), StringComparison.Ordinal);
            }
        }
    }

    private async Task<(SweepExport Export, IReadOnlyList<string> Sent)> ExportAsync(int replicates)
    {
        await using var import = await TestImport.CreateAsync(server);
        var read = import.Csv(Table(replicates));
        await import.SaveAsync(read);
        var sweep = await import.Session.Sweeps.FindAsync(read.Plan.Id.ToString(), CancellationToken.None);
        using var statements = new StatementLog();
        return (await SweepExport.LoadAsync(import.Session, sweep, CancellationToken.None), statements.Sent);
    }

    private static string Words(int replicate, string prompt) => $"{replicate}: {prompt}";

    private static string Table(int replicates)
    {
        var table = new StringBuilder("prompt,replicate,attempt,correct,accepted,feedback\n");
        foreach (var replicate in Enumerable.Range(0, replicates))
        {
            foreach (var prompt in PromptSet.Published)
            {
                table.Append(CultureInfo.InvariantCulture,
                    $"{prompt.Prompt},{replicate},0,false,false,{Words(replicate, prompt.Prompt)}\n");
            }
        }

        return table.ToString();
    }
}

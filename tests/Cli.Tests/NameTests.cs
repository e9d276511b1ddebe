namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>Names in the built program: a letter with an accent is one name, however it was typed.</summary>
[Collection(nameof(SmallSweeps))]
public sealed class NameTests(SmallSweeps sweeps)
{
    private const string Apart = "cafe\u0301";
    private const string Composed = "caf\u00E9";

    [Fact]
    public async Task A_sweep_named_with_accents_apart_is_the_sweep_named_with_composed_letters()
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        foreach (var name in new[] { Apart, Composed })
        {
            var run = await ledger.RunAsync(SmallSweeps.Command(
                "--set", $"name={name}", "--set", $"arms.0.name={name}", "--limit", "1"));
            Assert.True(run.ExitCode == 0, run.Error);
        }

        Assert.Equal(1, await ledger.ScalarAsync(
            $"SELECT count(*) FROM reflectdit.sweeps JOIN reflectdit.arms ON sweep_id = id WHERE sweeps.name = '{Composed}' AND arms.name = '{Composed}'"));
        Assert.Equal(1, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.sweeps"));
        var report = await ledger.RunAsync("report", Apart);
        Assert.Equal((await ledger.RunAsync("report", Composed)).Out, report.Out);
        Assert.Contains(Composed, report.Out, StringComparison.Ordinal);
        var same = await ledger.RunAsync("compare", $"{Apart}/{Apart}", $"{Composed}/{Composed}");
        Assert.Contains("the same arm", same.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_imported_name_is_composed_too()
    {
        using var folder = new TemporaryFolder();
        folder.Write("table.csv", $"arm,prompt,attempt,correct\n{Apart},a photo of a bench,0,true\n{Composed},a photo of a bench,1,true\n");
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var import = await ledger.RunAsync("import", "csv", folder.At("table.csv"), "--name", Apart);
        Assert.Contains($"Imported as sweep {Composed} (", import.Error, StringComparison.Ordinal);
        Assert.Equal(1, await ledger.ScalarAsync("SELECT count(*) FROM reflectdit.arms"));
    }
}

using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Exchange.Tests;

/// <summary>A ledger in a fresh database, and a fresh folder for what is imported into it.</summary>
internal sealed class TestImport : IAsyncDisposable
{
    private static readonly BenchmarkConfiguration Benchmark = GenEvalBenchmark.Configuration(43, 100);

    private readonly string _database;

    private TestImport(string folder, string database, LedgerSession session)
    {
        (Folder, _database, Session) = (folder, database, session);
    }

    public string Folder { get; }

    public LedgerSession Session { get; }

    public static async Task<TestImport> CreateAsync(PostgresServer server)
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-import-").FullName;
        var database = await server.CreateDatabaseAsync();
        return new(folder, database,
            await LedgerSession.OpenAsync(Path.Combine(folder, "ledger"), database, CancellationToken.None));
    }

    public string At(string name) => Path.Combine(Folder, name);

    public SweepImport ReflectDit(string folder, int? n = null) =>
        SweepImport.Of("imported", Benchmark,
            [ReflectDitInput.Read(folder, "released", passOrFail: true) with { Published = "reflect-dit" }], n);

    public SweepImport GenEval(string path) =>
        SweepImport.Of("imported", Benchmark, [GenEvalInput.Read(path, "scored")], null);

    public SweepImport Csv(string text)
    {
        File.WriteAllText(At("attempts.csv"), text);
        return SweepImport.Of("imported", Benchmark, CsvInput.Read(At("attempts.csv"), "table", passOrFail: true), null);
    }

    public async Task<(bool New, int Images)> SaveAsync(SweepImport import, bool images = false)
    {
        var (isNew, taken, _) = await WriteAsync(import, images);
        return (isNew, taken);
    }

    /// <summary>With what was found of the images.</summary>
    public Task<(bool New, int Images, IReadOnlyList<ImportedArm> Arms)> WriteAsync(SweepImport import, bool images) =>
        new ImportStore(Session.Source).WriteAsync(import.Plan, import.Arms, images ? Session.Artifacts : null, CancellationToken.None);

    public async Task<SweepResults> WriteAsync(SweepImport import)
    {
        await SaveAsync(import);
        return await SweepResultsQuery.LoadAsync(
            Session, await Session.Sweeps.FindAsync(import.Plan.Id.ToString(), CancellationToken.None),
            BenchmarkCatalog.Open, CancellationToken.None);
    }

    public Task<IReadOnlyList<string>> DumpAsync() => LedgerDump.OfAsync(_database);

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

internal static class FindingsExtensions
{
    /// <summary>The only finding of a kind, as text.</summary>
    public static string Only(this SweepImport import, string kind) => import.Arms[0].Only(kind);

    public static string Only(this ImportedArm arm, string kind) => Assert.Single(arm.Findings, f => f.Kind == kind).ToString();

    public static IEnumerable<string> Kinds(this SweepImport import) =>
        import.Arms[0].Findings.Select(f => f.Kind).Distinct().Order();
}

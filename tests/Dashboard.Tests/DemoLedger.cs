using System.Text.Json;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Dashboard.Hosting;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Runner.Sweeps;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Dashboard.Tests;

/// <summary>
/// A ledger in a real database with the demo's arms on a few prompts, a sweep of hostile names and words, and a sweep with
/// failed chains. Tests look at it and leave it as it is, but for rows of their own.
/// </summary>
public sealed class DemoLedger : IAsyncLifetime
{
    /// <summary>What a browser must show as text.</summary>
    public const string Hostile = "<img src=x onerror=alert(1)>\"'&<script>alert(2)</script>";

    public PostgresServer Server { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("reflectdit-dashboard-").FullName;

    internal LedgerSession Session { get; private set; } = null!;

    public string Database { get; private set; } = "";

    /// <summary>The first digits of the sweeps' ids.</summary>
    public string Demo { get; private set; } = "";

    public string Odd { get; private set; } = "";

    /// <summary>Four arms, one of them an oracle.</summary>
    public string Four { get; private set; } = "";

    /// <summary>People are asked about its odd arms and prompts: the study's name, and the page of a rater.</summary>
    public string OddStudy { get; } = "odd study <b>&amp;";

    public string OddRater { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        Database = await Server.CreateDatabaseAsync();
        Session = await LedgerSession.OpenAsync(Folder, Database, CancellationToken.None);
        Demo = await RunAsync(Shipped("demo"), "benchmark.per_task=8", "arms.0.strategy.n=4", "arms.1.strategy.n=4");
        Four = await RunAsync(Shipped("selectors"), ["benchmark.per_task=1", .. Enumerable.Range(0, 4).Select(a => $"arms.{a}.strategy.n=2")]);
        Odd = await RunAsync(WriteOdd());
        await ExecuteAsync($"""
            UPDATE reflectdit.sweeps SET name = 'odd <b>&amp;' WHERE id::text LIKE '{Odd}%';
            UPDATE reflectdit.judgements SET feedback = '{Hostile.Replace("'", "''", StringComparison.Ordinal)}'
            WHERE NOT accepted AND id IN (SELECT judgement_id FROM reflectdit.attempts a JOIN reflectdit.chains c ON c.id = a.chain_id
                WHERE c.sweep_id::text LIKE '{Odd}%');
            UPDATE reflectdit.chains SET state = 'failed', shown = NULL, failure = '{Hostile.Replace("'", "''", StringComparison.Ordinal)}' || E'\nof two lines'
            WHERE sweep_id::text LIKE '{Odd}%' AND prompt = 2
            """);
        OddRater = await RaterAsync((await AskAsync(Odd, OddStudy)).Study);
    }

    /// <summary>A study of a sweep's first two arms, as 'reflectdit study create' makes it.</summary>
    /// <param name="asked">Only so many pairs, of different images; null for all.</param>
    internal async Task<(StudyRow Study, StudyManifest Manifest)> AskAsync(string sweep, string name, int? asked = null, double repeats = 0.2)
    {
        var row = await Session.Sweeps.FindAsync(sweep, CancellationToken.None);
        var results = await SweepResultsQuery.LoadAsync(Session, row, BenchmarkCatalog.Open, CancellationToken.None);
        var manifest = new StudyDesign(name, N: null, Prompts: null, StudyManifest.UsualQuestion, Seed: 3, Raters: 2, repeats)
            .Draw(results, 1, 0, await Session.Studies.ImagesAsync(row.Id, CancellationToken.None));
        manifest = asked is { } few ? manifest with { Pairs = [.. manifest.Pairs.Where(p => !p.IsSame).Take(few)] } : manifest;
        return (await Session.Studies.AddAsync(manifest, CancellationToken.None), manifest);
    }

    /// <summary>The address of a new rater's page.</summary>
    internal async Task<string> RaterAsync(StudyRow study) =>
        $"/vote/{(await Session.Studies.AddRaterAsync(study, "tests", CancellationToken.None)).Key:n}";

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal async Task<DashboardServer> ServeAsync(DashboardOptions? options = null, bool controls = true)
    {
        var reading = await LedgerSession.OpenExistingAsync(Folder, Database, CancellationToken.None, readOnly: true);
        return await DashboardServer.StartAsync(
            reading,
            controls ? stop => LedgerSession.OpenExistingAsync(Folder, Database, stop) : null,
            options ?? Options(),
            new("EUR", 2, 1, 0.5),
            CancellationToken.None);
    }

    internal DashboardOptions Options() => new(new(System.Net.IPAddress.Loopback, 0), Path.Combine(Folder, "dashboard"));

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Session.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Session.Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static string Shipped(string sweep) => Path.Combine(AppContext.BaseDirectory, "benchmarks", "sweeps", $"{sweep}.yaml");

    /// <summary>Prompts, arms and categories that mean something to a browser, a shell or a terminal.</summary>
    private string WriteOdd()
    {
        string[] prompts = [$"a cat {Hostile}", "two, \"quoted\" | <b>owls</b>", "水彩の猫", "it's $(rm -rf) `x` a map", "rain \u202e reversed"];
        File.WriteAllText(Path.Combine(Folder, "odd.jsonl"), string.Concat(prompts.Select((p, i) =>
            JsonSerializer.Serialize(new { text = p, group = i < 3 ? "animals & <i>" : "other" }) + "\n")));
        var models = Path.Combine(AppContext.BaseDirectory, "benchmarks", "simulated");
        File.WriteAllText(Path.Combine(Folder, "odd.yaml"), $$"""
            name: odd
            benchmark: {kind: prompts, file: odd.jsonl, prompt: text, stratum: group}
            seed: 1
            replicates: 2
            models:
              sana: {kind: simulated, parameters: {{models}}/sana-1.0.json}
              judge: {kind: simulated, parameters: {{models}}/judge.json}
            scorer: {judge: judge}
            arms:
              - {name: '<script>alert(3)</script>', generator: sana, judge: judge, strategy: {kind: best-of-n, n: 2, selector: first-accept} }
              - {name: 'second "arm"', generator: sana, judge: judge, strategy: {kind: reflection, n: 3} }
            """);
        return Path.Combine(Folder, "odd.yaml");
    }

    private async Task<string> RunAsync(string file, params string[] set)
    {
        var sweep = SweepFile.Read(file, set);
        var setup = SweepPlanner.Setup(sweep, new ModelHost());
        await Session.Sweeps.PlanAsync(setup.Plan, CancellationToken.None);
        setup = await SweepPlanner.SetupAsync(
            Session, setup.Plan.Id, new ModelHost(), new Dictionary<string, Core.Sweeps.Placement>(), CancellationToken.None);
        await new SweepRunner(Session, setup).RunAsync(
            [.. Enumerable.Range(0, setup.Plan.Prompts.Count)], 16, new RunProgress(), CancellationToken.None);
        return setup.Plan.Id.ToString()[..8];
    }
}

using System.Collections.Concurrent;
using Npgsql;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Simulated;
using ReflectDiT.Eval.Runner.Sweeps;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>Sweeps whose models are behind servers: the same rows as with the same models in this process.</summary>
public sealed class RemoteSweepTests : IClassFixture<PostgresServer>, IDisposable
{
    private const int Prompts = 12;

    private const string GeneratorJson = """
        {
          "simulated": true, "model": "m", "source": "s", "function_evaluations": 40, "device_seconds": 1, "aspects": {
            "one_object": { "level": 0, "spread": 1, "boost": 1 }, "two_objects": { "level": 0, "spread": 1, "boost": 1 },
            "relation": { "level": 0, "spread": 1, "boost": 1 }, "count": { "level": 0, "spread": 1, "boost": 1 },
            "one_colour": { "level": 0, "spread": 1, "boost": 1 }, "two_colours": { "level": 0, "spread": 1, "boost": 1 } }
        }
        """;

    private const string JudgeJson = """
        {
          "simulated": true, "model": "m", "source": "s", "tokens": 1459, "device_seconds": 0.5, "wrong_rejection": 0.1,
          "wrong_acceptance": { "missing": 0.1, "count": 0.1, "colour": 0.1, "relation": 0.1 }
        }
        """;

    private const string RemoteImages = """
        { "model": "images-1", "dialect": "vllm-omni", "width": 256, "height": 256, "seed_bits": 63,
          "edit": { "images": "all", "template": "{prompt}\n{feedback}" } }
        """;

    private const string RemoteChat = """
        { "model": "chat-1", "dialect": "vllm", "template": "{prompt}", "score": "json" }
        """;

    private const string Rows = """
        SELECT format('%s %s %s %s %s %s %s %s %s %s', c.arm, c.prompt, c.shown, r.index, encode(r.image, 'hex'), r.accepted, r.judge_score, r.feedback,
            (SELECT string_agg(i.source_attempt::text, ',' ORDER BY i.position) FROM reflectdit.context_items i WHERE i.chain_id = c.id AND i.attempt = r.index),
            s.value)
        FROM reflectdit.chains c JOIN reflectdit.attempt_records r ON r.chain_id = c.id
        LEFT JOIN reflectdit.attempt_scores s ON s.chain_id = c.id AND s.attempt = r.index
        WHERE c.state = 'done' ORDER BY c.arm, c.prompt, r.index
        """;

    private readonly PostgresServer _server;
    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-remote-").FullName;

    public RemoteSweepTests(PostgresServer server)
    {
        _server = server;
        File.WriteAllText(At("generator.json"), GeneratorJson);
        File.WriteAllText(At("judge.json"), JudgeJson);
        File.WriteAllText(At("images.json"), RemoteImages);
        File.WriteAllText(At("chat.json"), RemoteChat);
        File.WriteAllText(At("answerer.json"), """{ "model": "chat-1", "dialect": "plain" }""");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_remote_sweep_has_the_rows_of_a_local_one_and_asks_nothing_again()
    {
        await using var local = await TestSweep.CreateAsync(_server);
        await RunAsync(local, Definition("{kind: simulated, parameters: generator.json}", "{kind: simulated, parameters: judge.json}"));
        await using var images = await ModelServer.StartAsync("vllm-omni", generator: Generator());
        await using var chat = await ModelServer.StartAsync("vllm", judge: Judge());
        await using var remote = await TestSweep.CreateAsync(_server);
        var definition = Definition(Remote("openai-images", "images.json", images), Remote("openai-chat", "chat.json", chat));
        await RunAsync(remote, definition);
        var rows = await RowsAsync(remote);
        Assert.True(rows.Count > 2 * Prompts, $"{rows.Count} rows show too little");
        Assert.Contains(rows, row => row.Contains(" 0,1 ", StringComparison.Ordinal));
        Assert.Equal(await RowsAsync(local), rows);
        var asked = (images.Asked.Count, chat.Asked.Count);
        var spent = Assert.Single(await FactUse.SpentAsync(remote.Session, CancellationToken.None));
        Assert.Equal(0.5 * (spent.Drawn + spent.Judged), spent.Price!.Value, 1e-9);
        Assert.Null(Assert.Single(await FactUse.SpentAsync(local.Session, CancellationToken.None)).Price);
        Assert.Equal(["best BY EDIT SIMULATED", "reflection BY EDIT SIMULATED"], await LabelsAsync(remote));
        await RunAsync(remote, definition);
        Assert.Equal(asked, (images.Asked.Count, chat.Asked.Count));
        Assert.DoesNotContain(images.Asked, one => one.Path != "/v1/images/edits" && one.Body["prompt"]!.ToString().Contains('\n'));
    }

    [Fact]
    public void Address_key_limits_and_concurrency_are_no_part_of_a_sweep_and_what_is_asked_is()
    {
        var sweep = Id("{url: 'http://one:8000'}");
        Assert.Equal(sweep, Id("{url: 'https://two/v1', key_variable: TWO_API_KEY, ca_file: ca.pem, concurrency: 9, requests_per_minute: 30, tokens_per_minute: 1e5, price_per_request: 0.02, timeout_seconds: 3}"));
        File.WriteAllText(At("images.json"), RemoteImages.Replace("\"edit\"", "\"steps\": 20, \"edit\"", StringComparison.Ordinal));
        Assert.NotEqual(sweep, Id("{url: 'http://one:8000'}"));

        Guid Id(string placement)
        {
            using var host = new ModelHost();
            return SweepPlanner.Setup(
                Definition($"{{kind: openai-images, parameters: images.json, placement: {placement}}}", "{kind: simulated, parameters: judge.json}"), host).Plan.Id;
        }
    }

    [Theory]
    [InlineData("url: 'http://user:secret@host'", "without a user")]
    [InlineData("url: 'http://host/?api-key=secret'", "without a user")]
    [InlineData("url: 'ftp://host'", "expected an address")]
    [InlineData("url: 'http://host', key_variable: AWS_SECRET_ACCESS_KEY", "with _API_KEY at the end")]
    [InlineData("url: 'http://host', path: weights", "unknown key 'path'")]
    [InlineData("url: 'http://host', rewriter: {url: 'nowhere'}", "expected an address")]
    public void A_placement_that_cannot_be_is_refused_where_it_stands(string placement, string message) => Assert.Contains(
        message,
        Assert.Throws<SweepFileException>(() => Definition(
            $"{{kind: openai-images, parameters: images.json, placement: {{{placement}}}}}", "{kind: simulated, parameters: judge.json}")).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("images.json", """{"model": "m", "dialect": "openai", "steps": 3}""", "takes no steps")]
    [InlineData("images.json", """{"model": "m", "dialect": "sglang", "edit": {}, "rewrite": {"model": "x"}}""", "two ways to use a context")]
    [InlineData("images.json", """{"model": "m", "dialect": "sglang", "edit": {"template": "{prompt}"}}""", "a template without {feedback}")]
    [InlineData("images.json", """{"model": "m", "dialect": "xdit"}""", "vllm-omni or sglang or openai")]
    public void Parameters_that_do_not_fit_together_are_refused(string file, string json, string message)
    {
        File.WriteAllText(At(file), json);
        Assert.Contains(
            message,
            Assert.Throws<SweepFileException>(() => Definition(
                "{kind: openai-images, parameters: images.json, placement: {url: 'http://host'}}", "{kind: simulated, parameters: judge.json}")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_durable_one_by_one_and_whoever_scores_next_asks_the_rest_alone()
    {
        WriteDpg();
        var (asked, isRed) = (new ConcurrentBag<string>(), "");
        await using var chat = await ModelServer.StartAsync("plain", says: text =>
        {
            asked.Add(text[..(text.IndexOf('?', StringComparison.Ordinal) + 1)]);
            return text.StartsWith("Is it red?", StringComparison.Ordinal) ? isRed : "yes";
        });
        await using var sweep = await TestSweep.CreateAsync(_server);
        await ScoreAsync(failed: 1); // an empty answer is none
        Assert.Equal(1, asked.Count(one => one == "Is there a boat?"));
        asked.Clear();
        isRed = "no";
        await ScoreAsync(failed: 0);
        Assert.Equal(["Is it red?"], asked);
        var spent = Assert.Single(await FactUse.SpentAsync(sweep.Session, CancellationToken.None));
        Assert.Equal(3 * 0.25, spent.Price!.Value, 1e-9);

        async Task ScoreAsync(int failed)
        {
            using var host = new ModelHost();
            var setup = SweepPlanner.Setup(SweepFile.Read(
                At("dpg.yaml"), [$"models.asked.placement={{url: '{chat.Url}', price_per_request: 0.25}}", "calls={tries: 1}"]), host);
            var progress = new RunProgress { Models = host };
            await new SweepRunner(sweep.Session, setup).RunAsync([0, 1], 2, progress, CancellationToken.None);
            Assert.Equal((0, failed), (progress.Unscored.Open, progress.Unscored.Failed));
        }
    }

    [Fact]
    public async Task Dpg_bench_is_drawn_asked_and_reported_by_any_answerer()
    {
        WriteDpg();
        var count = 0;
        await using var chat = await ModelServer.StartAsync("plain", says: text =>
        {
            Interlocked.Increment(ref count);
            return text.StartsWith("Is it red?", StringComparison.Ordinal) ? "no" : text.EndsWith(" yes or no.", StringComparison.Ordinal) ? "yes" : "what?";
        });
        await using var sweep = await TestSweep.CreateAsync(_server);
        using var host = new ModelHost();
        var setup = SweepPlanner.Setup(SweepFile.Read(At("dpg.yaml"), [$"models.asked.placement.url={chat.Url}"]), host);
        Assert.Equal(["A red boat.", "A black cat."], setup.Plan.Prompts.Select(p => p.Text));
        await new SweepRunner(sweep.Session, setup).RunAsync([0, 1], 2, new RunProgress { Models = host }, CancellationToken.None);
        var results = await SweepResultsQuery.LoadAsync(
            sweep.Session, await sweep.Session.Sweeps.FindAsync(setup.Plan.Id.ToString(), CancellationToken.None), BenchmarkCatalog.Open, CancellationToken.None);
        var arm = Assert.Single(results.Arms);
        Assert.Equal([0.5, 1], arm.Chains.Select(c => c.Attempts[0].Value!.Value));
        Assert.Equal("one OTHER ANSWERER SIMULATED", arm.Label);
        Assert.Equal(
            ["attribute 0 0/1", "entity 0 1/1", "entity 1 1/1", "attribute - color 0 0/1", "entity - whole 0 1/1", "entity - whole 1 1/1"],
            arm.Parts.Select(p => $"{p.Category} {p.Prompt} {p.Holds}/{p.All}"));
        Assert.Equal(3, count);
    }

    [Theory]
    [InlineData("\"edit\": {}", "BY EDIT")]
    [InlineData("\"rewrite\": {\"model\": \"chat-1\", \"dialect\": \"vllm\"}", "BY REWRITE")]
    public async Task An_arm_says_how_a_generator_that_knows_no_context_uses_it(string way, string label)
    {
        File.WriteAllText(At("images.json"), $$"""{"model": "images-1", "dialect": "vllm-omni", "seed_bits": 63, {{way}}}""");
        await using var sweep = await TestSweep.CreateAsync(_server);
        using var host = new ModelHost();
        var setup = SweepPlanner.Setup(
            Definition("{kind: openai-images, parameters: images.json, placement: {url: 'http://host'}}", "{kind: simulated, parameters: judge.json}"), host);
        await sweep.Session.Sweeps.PlanAsync(setup.Plan, CancellationToken.None);
        Assert.All(await LabelsAsync(sweep), arm => Assert.Contains(label, arm, StringComparison.Ordinal));
    }

    private void WriteDpg()
    {
        File.WriteAllText(At("dpg.csv"), """
            item_id,text,keywords,proposition_id,dependency,category_broad,category_detailed,tuple,question_natural_language
            first,A scene.,,1,0,entity,whole,entity - whole (scene),Is there a scene?
            boat,A red boat.,,1,0,entity,whole,entity - whole (boat),Is there a boat?
            boat,A red boat.,,2,1,attribute,color,"attribute - color (boat, red)",Is it red?
            cat,A black cat.,,1,0,entity,whole,entity - whole (cat),Is there a cat?
            """);
        File.WriteAllText(At("hard.txt"), "cat\n");
        File.WriteAllText(At("dpg.yaml"), """
            name: dpg
            benchmark: {kind: dpg, file: dpg.csv, mode: official, hard_56: hard.txt}
            seed: 1
            models:
              sana: {kind: simulated, parameters: generator.json}
              critic: {kind: simulated, parameters: judge.json}
              asked: {kind: openai-chat, parameters: answerer.json, placement: {url: 'URL'}}
            scorer: {answerer: asked}
            arms:
              - {name: one, generator: sana, judge: critic, strategy: {kind: best-of-n, n: 1, selector: judge-score}}
            """);
    }

    private SweepDefinition Definition(string generator, string judge)
    {
        File.WriteAllText(At("sweep.yaml"), $$"""
            name: remote
            benchmark: {kind: geneval}
            seed: 3
            models:
              painter: {{generator}}
              critic: {{judge}}
              boxes: {kind: simulated}
            scorer: {detector: boxes}
            arms:
              - {name: best, generator: painter, judge: critic, strategy: {kind: best-of-n, n: 3, selector: judge-score} }
              - {name: reflection, generator: painter, judge: critic, strategy: {kind: reflection, n: 6, k: 3, mode: clean} }
            """);
        return SweepFile.Read(At("sweep.yaml"), []);
    }

    private static string Remote(string kind, string parameters, ModelServer server) =>
        $"{{kind: {kind}, parameters: {parameters}, placement: {{url: '{server.Url}', concurrency: 8, price_per_request: 0.5}}}}";

    private static async Task RunAsync(TestSweep sweep, SweepDefinition definition)
    {
        using var host = new ModelHost();
        var setup = SweepPlanner.Setup(definition, host);
        var progress = new RunProgress { Models = host };
        // One chain after the other: two prompts whose first images happen to be equal would look like a server without seeds, or never.
        await new SweepRunner(sweep.Session, setup).RunAsync(SweepPlanner.Select(setup.Plan.Prompts, null, Prompts), 1, progress, CancellationToken.None);
        Assert.Equal((2 * Prompts, 0), (progress.Done, progress.Failed));
    }

    private static async Task<IEnumerable<string>> LabelsAsync(TestSweep sweep)
    {
        var name = Assert.Single(await SweepStatus.AllAsync(sweep.Session, CancellationToken.None)).Id.ToString();
        var results = await SweepResultsQuery.LoadAsync(
            sweep.Session, await sweep.Session.Sweeps.FindAsync(name, CancellationToken.None), BenchmarkCatalog.Open, CancellationToken.None);
        return results.Arms.Select(arm => arm.Label);
    }

    private static async Task<List<string>> RowsAsync(TestSweep sweep)
    {
        await using var source = NpgsqlDataSource.Create(sweep.ConnectionString);
        await using var command = source.CreateCommand(Rows);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private static SimulatedGenerator Generator() => new(Any, new(), SettingsJson.Read<GeneratorParameters>("generator", GeneratorJson));

    private static SimulatedJudge Judge() => new(Any, new(), SettingsJson.Read<JudgeParameters>("judge", JudgeJson));

    private static ModelConfiguration Any { get; } = new(ModelConfiguration.Simulated, null);

    private string At(string name) => Path.Combine(_folder, name);
}

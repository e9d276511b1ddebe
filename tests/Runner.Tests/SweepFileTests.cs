using System.Text.Json;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Runner.Tests;

public sealed class SweepFileTests : IDisposable
{
    private const string Valid = """
        name: mine
        benchmark: {kind: geneval}
        seed: 3
        models:
          sana: {kind: simulated, parameters: model.json}
          qwen: {kind: simulated, parameters: judge.json}
          boxes: {kind: simulated}
        scorer: {detector: boxes}
        arms:
          - name: best-of-4
            generator: sana
            judge: qwen
            strategy: {kind: best-of-n, n: 4, selector: pairwise}
          - name: reflection
            published: reflect-dit
            generator: sana
            judge: qwen
            strategy:
              kind: reflection
              n: 20
              quirks: {random_context: false}
        """;

    private static readonly string Shapes = Valid.Replace("kind: geneval", "kind: shapes", StringComparison.Ordinal)
        .Replace("boxes: {kind: simulated}", "boxes: {kind: pixels}", StringComparison.Ordinal);

    private const string Generator = """
        {
          "simulated": true,
          "model": "m", "source": "s", "function_evaluations": 40, "device_seconds": 1, "aspects": {
          "one_object": { "level": 1, "spread": 1, "boost": 0 },
          "two_objects": { "level": 1, "spread": 1, "boost": 0 },
          "relation": { "level": 1, "spread": 1.50, "boost": 0 },
          "count": { "level": 2, "spread": 1, "boost": 0 },
          "one_colour": { "level": 1, "spread": 1, "boost": 0 },
          "two_colours": { "level": 1, "spread": 1, "boost": 0 }}
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-sweep-").FullName;

    public SweepFileTests()
    {
        File.WriteAllText(Model, Generator);
        File.WriteAllText(Path.Combine(_folder, "judge.json"), """
            {
              "simulated": true, "model": "m", "source": "s", "tokens": 9, "device_seconds": 0.5, "wrong_rejection": 0.1,
              "wrong_acceptance": { "missing": 0.1, "count": 0.1, "colour": 0.1, "relation": 0.1 }
            }
            """);
    }

    private string Model => Path.Combine(_folder, "model.json");

    [Fact]
    public void A_valid_file_is_read_with_the_published_defaults()
    {
        var (sweep, calls, models) = Read(Valid);
        Assert.Equal(["sana", "qwen", "boxes"], models.Select(m => m.Name));
        Assert.All(models, m => Assert.Equal(new Placement(), m.Placement));
        Assert.Equal(("mine", 3, 1), (sweep.Name, sweep.Seed, sweep.Replicates));
        Assert.Equal(GenEvalBenchmark.Configuration(43, 100).Settings.Select(s => $"{s}"), sweep.Benchmark.Settings.Select(s => $"{s}"));
        Assert.Equal(ScoringOptions.Default, ScoringOptions.FromJson(sweep.Scorer!.Settings["options"]));
        Assert.Equal(CallSettings.Default, calls);
        Assert.Equal(new BestOfN(4, Selector.Pairwise), sweep.Arms[0].Strategy);
        Assert.Equal(new Reflection(20, 3, ReflectionQuirks.Paper with { RandomContext = false }), sweep.Arms[1].Strategy);
        Assert.Equal("reflect-dit", sweep.Arms[1].Published);
    }

    [Fact]
    public void The_canonical_text_reads_back_to_the_same_text()
    {
        var json = Read(Valid).Configuration.ToJson();
        Assert.Equal(json, SweepConfiguration.FromJson(json).ToJson());
    }

    [Fact]
    public void What_can_change_a_draw_changes_the_identity_and_nothing_else_does()
    {
        var identity = Read(Valid).Configuration.ToJson();
        Assert.Equal(identity, Read(Valid + "\ncalls: {tries: 9, timeout_seconds: 1.5}").Configuration.ToJson());
        Assert.Equal(identity, Read("# a comment\n" + Valid).Configuration.ToJson());
        Assert.NotEqual(identity, Read(Valid, "seed=4").Configuration.ToJson());
        File.WriteAllText(Model, Generator.Replace("\"device_seconds\": 1", "\"device_seconds\": 2"));
        Assert.NotEqual(identity, Read(Valid).Configuration.ToJson());
    }

    [Fact]
    public void The_order_of_keys_and_the_spelling_of_numbers_do_not_change_the_identity()
    {
        var identity = Read(Valid).Configuration.ToJson();
        var lines = Generator.Replace("\"level\": 2,", "\"level\": 20e-1,").Replace("1.50", "1.5").Split('\n');
        File.WriteAllText(Model, string.Join('\n', [.. lines[..3], .. lines[3..8].Reverse(), .. lines[8..]]));
        Assert.Equal(identity, Read(Valid).Configuration.ToJson());
    }

    [Theory]
    [InlineData("\"source\"", "\"sauce\"", "sweep.yaml:5:39: models.sana.parameters: ", "model.json:3: top level: the key 'sauce' is unknown; known: simulated,")]
    [InlineData("\"level\": 2,", "\"level\": -200,", "models.sana.parameters: ", "model.json:7: aspects.count.level: expected a number from -100 to 100, found -200.")]
    public void A_wrong_parameter_file_is_told_with_its_own_line_and_key(string valid, string wrong, params string[] words)
    {
        File.WriteAllText(Model, Generator.Replace(valid, wrong));
        var refusal = Refusal(Valid);
        Assert.All(words, w => Assert.Contains(w, refusal, StringComparison.Ordinal));
    }

    [Fact]
    public void Overrides_change_values_and_add_keys()
    {
        var (sweep, calls, _) = Read(Valid, "arms.1.strategy.n=8", "arms.1.strategy.mode=clean", "calls={tries: 7}", "replicates=2");
        Assert.Equal(
            new Reflection(8, 3, ReflectionQuirks.Clean), sweep.Arms[1].Strategy);
        Assert.Equal((2, 7), (sweep.Replicates, calls.Tries));
    }

    [Fact]
    public void Names_with_letters_and_accents_apart_are_those_with_composed_letters()
    {
        static string Named(string sweep, string arm) => Valid
            .Replace("name: mine", $"name: {sweep}", StringComparison.Ordinal)
            .Replace("- name: reflection", $"- name: {arm}", StringComparison.Ordinal);
        var (apart, _, _) = Read(Named("cafe\u0301", "re\u0301flexion"));
        Assert.Equal(("caf\u00E9", "r\u00E9flexion"), (apart.Name, apart.Arms[1].Name));
        Assert.Equal(Read(Named("caf\u00E9", "r\u00E9flexion")).Configuration.ToJson(), apart.ToJson());
    }

    [Fact]
    public void Moving_or_renaming_a_model_changes_no_identity_and_its_batch_does()
    {
        var identity = Read(Valid).Configuration.ToJson();
        var (moved, _, models) = Read(Valid, "models.sana.placement={device: cuda:1, concurrency: 2, timeout_seconds: 9, memory_gib: 6.5, load_seconds: 1, batch_seconds: 0.5}");
        Assert.Equal(identity, moved.ToJson());
        Assert.Equal(
            new() { Device = "cuda:1", Concurrency = 2, TimeoutSeconds = 9, MemoryGib = 6.5, LoadSeconds = 1, BatchSeconds = 0.5 },
            models.Single(m => m.Name == "sana").Placement);
        Assert.Equal(identity, Read(Valid.Replace("sana", "other", StringComparison.Ordinal)).Configuration.ToJson());
        Assert.Equal(identity, Read(Valid, "models.sana.batch=32").Configuration.ToJson());
        Assert.NotEqual(identity, Read(Valid, "models.sana.batch=16").Configuration.ToJson());
        Assert.NotEqual(identity, Read(Valid, $"models.sana.digest={new string('a', 64)}").Configuration.ToJson());
    }

    [Theory]
    [InlineData("\"dtype\": \"fp32\"")]
    [InlineData("\"steps\": 18")]
    [InlineData("\"guidance\": 5")]
    [InlineData("\"height\": 512")]
    [InlineData("\"width\": 512")]
    [InlineData("\"quirks\": \"clean\"")]
    [InlineData("\"image_tokens\": 32")]
    [InlineData("\"variant\": \"fp16\"")]
    public void What_a_network_draws_by_is_identity_and_where_its_weights_are_is_not(string setting)
    {
        var network = Valid.Replace("sana: {kind: simulated", "sana: {kind: reflect-dit", StringComparison.Ordinal);
        File.WriteAllText(Model, """{"model": "Reflect-DiT"}""");
        var identity = Read(network).Configuration.ToJson();
        var (moved, _, models) = Read(network, "models.sana.placement={path: /no/such/weights, device: cuda:1, memory_gib: 9, offload: true}");
        Assert.Equal(identity, moved.ToJson());
        Assert.Equal(("/no/such/weights", true), (models.Single(m => m.Name == "sana").Placement.Path, models.Single(m => m.Name == "sana").Placement.Offload));
        Assert.NotEqual(identity, Read(network, "models.sana.batch=2").Configuration.ToJson());
        File.WriteAllText(Model, $$"""{"model": "Reflect-DiT", {{setting}}}""");
        Assert.NotEqual(identity, Read(network).Configuration.ToJson());
    }

    [Fact]
    public void Placements_of_a_machine_replace_what_they_name_and_keep_the_rest()
    {
        var file = Path.Combine(_folder, "here.yaml");
        File.WriteAllText(file, "sana: {path: /weights/sana, device: cuda:0}\nserver: {url: 'http://host:8000'}\n");
        var here = PlacementFile.Read(file);
        Assert.Equal(new("http://host:8000"), here["server"].Url);
        Assert.Equal(
            new Placement { Path = "/weights/sana", Device = "cuda:0", MemoryGib = 6 },
            new Placement { Device = "cpu", MemoryGib = 6 }.With(here["sana"]));
        Assert.Equal(here["sana"], Placement.FromJson(here["sana"].ToJson()));
        File.WriteAllText(file, "sana: {devise: cuda:0}\n");
        Assert.Contains(
            "here.yaml:1:8: sana: unknown key 'devise', did you mean 'device'? expected one of path, device,",
            Assert.Throws<SweepFileException>(() => PlacementFile.Read(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arms.0.generator=sena", "arms.0.generator: there is no model 'sena'; known: sana, qwen, boxes")]
    [InlineData("arms.0.judge=sana", "'sana' is a generator elsewhere in this sweep: expected a judge")]
    [InlineData("models.spare={kind: simulated}", "models.spare: neither an arm nor a scorer refers to it")]
    [InlineData("models.twin={kind: simulated, parameters: judge.json}", "models.twin: neither an arm", "arms.0.judge=twin", "models.qwen: it is the same judge as 'twin'")]
    [InlineData("models.sana.digest=abc", "models.sana.digest: expected the 64 lower-case hexadecimal digits of a SHA-256, found 'abc'")]
    [InlineData("models.sana.batch=0", "models.sana.batch: expected an integer from 1 to 1024, found '0'")]
    [InlineData("models.sana.placement={path: /x}", "models.sana.placement: unknown key 'path', expected one of device,")]
    [InlineData("models.sana.placement={memory_gib: -1}", "models.sana.placement.memory_gib: expected a number from 0")]
    [InlineData("models.a b={kind: simulated}", "models.a b: expected a name of letters, digits, '-' and '_', found 'a b'", "arms.0.judge=a b")]
    public void What_is_wrong_with_a_model_is_said_with_its_place(string assignment, string message, string? more = null, string? then = null)
    {
        Assert.Contains(message, Refusal(Valid, more is null || then is not null ? [assignment] : [assignment, more]), StringComparison.Ordinal);
        if (then is not null)
        {
            Assert.Contains(then, Refusal(Valid, assignment, more!), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("seed: 3", "sede: 3", "sweep.yaml:3:1: unknown key 'sede', did you mean 'seed'? expected one of name, benchmark, seed")]
    [InlineData("seed: 3\n", "", "sweep.yaml:1:1: the key 'seed' is missing")]
    [InlineData("seed: 3", "seed: 3\nspeed: 1", "sweep.yaml:4:1: unknown key 'speed', expected one of name, benchmark, seed,")]
    [InlineData("seed: 3", "seed: three", "sweep.yaml:3:7: seed: expected an integer from 0 to 9223372036854775807, found 'three'")]
    [InlineData("seed: 3", "seed: [3]", "sweep.yaml:3:7: seed: expected a value, found a list")]
    [InlineData("seed: 3", "seed: 3\nreplicates: 0", "sweep.yaml:4:13: replicates: expected an integer from 1 to 1000, found '0'")]
    [InlineData("kind: geneval", "kind: dream", "sweep.yaml:2:19: benchmark.kind: expected one of geneval, prompts, shapes, dpg, found 'dream'")]
    [InlineData("n: 4", "n: 0", "sweep.yaml:13:36: arms.0.strategy.n: expected an integer from 1 to 10000, found '0'")]
    [InlineData("selector: pairwise", "selector: best", "arms.0.strategy.selector: expected one of first-accept, judge-score, pairwise, oracle, found 'best'")]
    [InlineData("quirks: {random_context: false}", "quirks: {random: false}", "sweep.yaml:21:16: arms.1.strategy.quirks: unknown key 'random'")]
    [InlineData("- name: reflection", "- name: best-of-4", "sweep.yaml:14:11: arms.1.name: another arm is called 'best-of-4' too")]
    [InlineData("name: mine", "name: \u0301mine", "sweep.yaml:1:7: name: expected letters, digits")]
    [InlineData("name: mine", "name: ../mine", "sweep.yaml:1:7: name: expected letters, digits")]
    [InlineData("parameters: model.json", "parameters: absent.json", "sweep.yaml:5:39: models.sana.parameters: cannot read")]
    [InlineData("seed: 3", "seed: 3\nseed: 4", "sweep.yaml:4:1: not valid YAML")]
    [InlineData("seed: 3", "seed", "sweep.yaml:3:1: not valid YAML: ")]
    [InlineData("seed: 3", "seed: [{a: 3} 4]", "not valid YAML: a list that is not closed with ']', or lacks a ','")]
    [InlineData("seed: 3", "seed: 3: 4", "sweep.yaml:3:8: not valid YAML: a ':' where no key can stand: a list or mapping before it is not closed")]
    [InlineData("seed: 3", "seed: [3", "sweep.yaml:3:7: not valid YAML: ")]
    [InlineData("seed: 3", "seed: \"3", "not valid YAML: a text in quotes that is not closed, or has an escape that YAML does not know")]
    [InlineData("seed: 3", "seed: @3", "not valid YAML: a character that no value begins with: put the text in quotes")]
    [InlineData("seed: 3", "seed: 3\n  speed: 4", "not valid YAML: ")]
    public void An_error_names_file_line_column_and_what_was_expected(string valid, string wrong, string message) =>
        Assert.Contains(message, Refusal(Valid.Replace(valid, wrong, StringComparison.Ordinal)), StringComparison.Ordinal);

    /// <summary>What a small text can stand for is bounded, and is said in a short message at its place.</summary>
    [Theory]
    [InlineData("\nextra: &a [*a]", "sweep.yaml:22:12: the alias *a refers to itself")]
    [InlineData("\n? &k {x: *k}\n: 1", "sweep.yaml:22:10: the alias *k refers to itself")]
    [InlineData("\nextra: *nobody", "sweep.yaml:22:8: the alias *nobody has no anchor &nobody above it")]
    [InlineData("\nextra:\n  <<: {a: 1}", "sweep.yaml:23:3: merge keys (<<) are not known here")]
    [InlineData("\n\tseed: 3", "sweep.yaml:22:1: not valid YAML: a tab, where YAML allows only spaces")]
    [InlineData("\ncalls:\n\ttries: 3", "sweep.yaml:23:1: not valid YAML: a tab, where YAML allows only spaces")]
    [InlineData("\ncalls: []", "calls: expected a mapping of keys to values, found an empty list")]
    [InlineData("\n[a, b]: 1", "sweep.yaml:22:1: expected a name as key, found a list")]
    [InlineData("\n---\nname: other", "expected one YAML document, found another")]
    public void What_YAML_offers_beyond_a_sweep_is_refused_at_its_place(string more, string message) =>
        Assert.Contains(message, Refusal(Valid + more), StringComparison.Ordinal);

    [Fact]
    public void Depth_copies_and_length_are_bounded_and_so_is_what_is_said_of_them()
    {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(
            Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        foreach (var (yaml, message) in new[]
        {
            (bomb, "more than 50000 values"),
            (string.Concat(Enumerable.Repeat("{a: ", 20_000)), "more than 32 deep"),
            (string.Concat(Enumerable.Repeat("[", 500_000)), "more than 32 deep"),
            (string.Concat(Enumerable.Repeat("- ", 20_000)), "more than 32 deep"),
            ("name: " + new string('x', 2_000_000), "expected at most 1048576"),
            ("name: " + new string('x', 500_000), "name: expected letters, digits"),
            (new string('k', 1000) + ": 1", "the key 'name' is missing"),
            (Valid + "\n" + new string('k', 900) + ": 1", "unknown key 'kkk"),
        })
        {
            var refusal = Refusal(yaml);
            Assert.Contains(message, refusal, StringComparison.Ordinal);
            Assert.InRange(refusal.Length, 1, 700);
        }
    }

    [Fact]
    public void An_override_of_one_arm_changes_no_other_that_is_written_with_the_same_alias()
    {
        var (sweep, _, _) = Read(
            Valid.Replace("strategy: {kind: best-of-n, n: 4, selector: pairwise}", "strategy: &both {kind: best-of-n, n: 4, selector: pairwise}", StringComparison.Ordinal)
                .Split("    strategy:\n")[0] + "    strategy: *both\n",
            "arms.0.strategy.n=8");
        Assert.Equal([8, 4], sweep.Arms.Select(a => a.Strategy.MaxAttempts));
    }

    [Theory]
    [InlineData("calls=&a [*a]", "--set calls=&a [*a]: the alias *a refers to itself")]
    [InlineData("arms=[]", "--set arms=[]: arms: expected a list of at least one item, found an empty list")]
    [InlineData("models.sana.parameters=/dev/zero", "models.sana.parameters: cannot read /dev/zero: it is a device, not a file")]
    [InlineData("models.sana.parameters=.", "it is a folder, not a file")]
    [InlineData("models.sana.parameters=\"a\\0b\"", "a file name cannot hold a NUL character")]
    [InlineData("arms.0.name=\"a\\e[31mb\"", "arms.0.name: expected a name of 1 to 200 characters that can be seen, found 'a\\u001b[31mb'")]
    [InlineData("arms.0.name=\"a\\nb\"", "found 'a\\nb'")]
    [InlineData("arms.0.name=\"a\\u200bb\"", "found 'a\\u200bb'")]
    [InlineData("arms.0.name=' reflection '", "another arm is called 'reflection' too")]
    [InlineData("arms.0.name=\"\\u00a0reflection\"", "another arm is called 'reflection' too")]
    public void What_an_override_must_not_bring_in_is_refused_by_name(string assignment, string message) =>
        Assert.Contains(message, Refusal(Valid, assignment), StringComparison.Ordinal);

    [Fact]
    public void A_folder_or_a_pipe_in_the_place_of_the_file_is_named_and_not_waited_for()
    {
        Assert.Contains("cannot be read: it is a folder", Assert.Throws<SweepFileException>(() => SweepFile.Read(_folder, [])).Message, StringComparison.Ordinal);
        var pipe = Path.Combine(_folder, "pipe.yaml");
        using var made = System.Diagnostics.Process.Start("mkfifo", [pipe]);
        made.WaitForExit();
        Assert.Contains("it is a pipe", Assert.Throws<SweepFileException>(() => SweepFile.Read(pipe, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_of_custom_prompts_takes_their_file_in_and_needs_no_scorer()
    {
        var (sweep, _, _) = Read(Custom());
        Assert.Null(sweep.Scorer);
        Assert.Contains("\"prompts\":[{\"prompt\":\"a cat\",\"tag\":\"animals\"}", sweep.ToJson(), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "mine.csv"), "prompt,stratum\r\na cat,animals\r\na house,places\r\n");
        Assert.Equal(sweep.ToJson(), Read(Custom()).Configuration.ToJson());
        File.WriteAllText(Path.Combine(_folder, "mine.csv"), "prompt,stratum\na cat,animals\na dog,places\n");
        Assert.NotEqual(sweep.ToJson(), Read(Custom()).Configuration.ToJson());

        var judged = Read(Custom(), "scorer={judge: qwen}").Configuration;
        Assert.Equal(judged.Arms[0].Judge.Identity, BenchmarkCatalog.Open(judged.Benchmark).Scorer(judged.Scorer!).Model.Identity);
    }

    [Theory]
    [InlineData("benchmark={kind: prompts}", "benchmark: the key 'file' is missing")]
    [InlineData("benchmark={kind: prompts, file: none.csv}", "benchmark.file: cannot read")]
    [InlineData("benchmark.prompt=words", "mine.csv:2: no 'words'; there are: prompt, stratum")]
    [InlineData("benchmark.per_task=3", "benchmark: unknown key 'per_task', expected one of kind, file, prompt, stratum")]
    [InlineData("scorer={detector: sana}", "scorer: the key 'judge' is missing")]
    [InlineData("arms.0.strategy.selector=oracle", "sweep.yaml:8:3: arms: arm 'best-of-4' decides by the score, but the sweep has no scorer")]
    public void What_is_wrong_with_a_sweep_of_custom_prompts_is_said_with_its_place(string assignment, string message) =>
        Assert.Contains(message, Refusal(Custom(), assignment), StringComparison.Ordinal);

    [Fact]
    public void A_sweep_of_shapes_is_scored_by_the_pixel_detector()
    {
        var (sweep, _, models) = Read(Shapes);
        Assert.Equal(240, BenchmarkCatalog.Open(sweep.Benchmark).Prompts.Count);
        Assert.Equal(ModelConfiguration.Pixels, models.Single(m => m.Name == "boxes").Model.Kind);
        Assert.Equal(18, BenchmarkCatalog.Open(Read(Shapes, "benchmark.set=validation", "benchmark.per_task=3").Configuration.Benchmark).Prompts.Count);
        Assert.NotEqual(sweep.ToJson(), Read(Shapes, "benchmark.seed=44").Configuration.ToJson());
    }

    [Theory]
    [InlineData("benchmark.set=all", "benchmark.set: expected one of test, validation, training")]
    [InlineData("benchmark.per_task=0", "benchmark.per_task: expected an integer from 1 to 100000")]
    [InlineData("models.boxes.kind=simulated", "scorer.detector: a detector of the kind 'pixels' alone knows the objects of the benchmark 'shapes'")]
    [InlineData("models.boxes.kind=sana", "models.boxes.kind: expected one of simulated, ")]
    [InlineData("models.boxes.placement={path: /weights}", "unknown key 'path'")]
    [InlineData("benchmark={kind: geneval}", "scorer.detector: a detector of the kind 'pixels' knows only the objects of the benchmark 'shapes'")]
    public void What_is_wrong_with_a_sweep_of_shapes_is_said_with_its_place(string assignment, string message) =>
        Assert.Contains(message, Refusal(Shapes, assignment), StringComparison.Ordinal);

    [Theory]
    [InlineData("arms.0.strategy.n=0", "--set arms.0.strategy.n=0: arms.0.strategy.n: expected an integer")]
    [InlineData("arms.2.name=x", "--set arms.2.name=x: '2' is not an index of 'arms', expected 0 to 1")]
    [InlineData("benchmark.size.x=1", "--set benchmark.size.x=1: 'benchmark' has no 'size'")]
    [InlineData("sede=1", "unknown key 'sede'")]
    [InlineData("seed", "--set seed: expected PATH=VALUE")]
    [InlineData("calls={tries: 0}", "--set calls={tries: 0}: calls.tries: expected an integer from 1 to 100")]
    public void An_error_of_an_override_names_the_override(string assignment, string message) =>
        Assert.Contains(message, Refusal(Valid, assignment), StringComparison.Ordinal);

    [Fact]
    public void What_another_build_recorded_with_a_key_that_this_one_does_not_know_is_refused()
    {
        var (configuration, calls, _) = Read(Valid);
        Assert.Contains("guidance", Assert.Throws<JsonException>(
            () => SweepConfiguration.FromJson(WithGuidance(configuration.ToJson()))).Message, StringComparison.Ordinal);
        Assert.Contains("guidance", Assert.Throws<JsonException>(
            () => CallSettings.FromJson(WithGuidance(calls.ToJson()))).Message, StringComparison.Ordinal);

        static string WithGuidance(string json) => $$"""{"guidance": 4.5, {{json[1..]}}""";
    }

    /// <summary>The valid sweep on two prompts of a file, without a scorer.</summary>
    private string Custom()
    {
        var file = Path.Combine(_folder, "mine.csv");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, "prompt,stratum\na cat,animals\na house,places\n");
        }

        return Valid.Replace("kind: geneval", "kind: prompts, file: mine.csv", StringComparison.Ordinal)
            .Replace("  boxes: {kind: simulated}\nscorer: {detector: boxes}\n", "", StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Refusal(string yaml, params string[] overrides) =>
        Assert.Throws<SweepFileException>(() => Read(yaml, overrides)).Message;

    private SweepDefinition Read(string yaml, params string[] overrides)
    {
        var file = Path.Combine(_folder, "sweep.yaml");
        File.WriteAllText(file, yaml);
        return SweepFile.Read(file, overrides);
    }
}

using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>Reads a sweep's YAML: benchmarks/geneval/sweeps/README.md lists its keys.</summary>
public static class SweepFile
{
    private const int MostAttempts = 10_000;

    /// <param name="path">The file; model parameters are found relative to its folder.</param>
    /// <param name="overrides">Assignments such as <c>arms.0.strategy.n=8</c>, applied in order.</param>
    /// <exception cref="SweepFileException">Something in it is wrong.</exception>
    public static SweepDefinition Read(string path, IEnumerable<string> overrides)
    {
        var tree = YamlTree.Load(path);
        foreach (var assignment in overrides)
        {
            tree.Set(assignment);
        }

        var (root, folder) = (tree.Root, Path.GetDirectoryName(Path.GetFullPath(path))!);
        var name = Name(root);
        var models = new ModelsSection(root, folder);
        var sweep = new SweepSection(root, folder, models);
        var benchmark = BenchmarkCatalog.ReadBenchmark(sweep);
        var configuration = new SweepConfiguration(
            name,
            benchmark,
            root.Integer("seed", 0, long.MaxValue),
            root.Integer("replicates", 1, 1000, 1),
            BenchmarkCatalog.ReadScorer(sweep, benchmark.Kind),
            Arms(root, models));
        if (configuration is { Scorer: null } && configuration.Arms.FirstOrDefault(a => a.Strategy.IsOracle) is { } oracle)
        {
            throw root.Error("arms", $"arm '{oracle.Name}' decides by the score, but the sweep has no scorer");
        }

        var calls = Calls(root.OptionalMap("calls"));
        root.End();
        return new(configuration, calls, models.End());
    }

    private static string Name(YamlMap root)
    {
        var name = PlainName.Of(root.Text("name"));
        return SweepName.From(name) == name
            ? name
            : throw root.Error("name", $"expected {SweepName.Form}, found '{VisibleText.Short(name)}'");
    }

    private static List<ArmConfiguration> Arms(YamlMap root, ModelsSection models)
    {
        var arms = new List<ArmConfiguration>();
        foreach (var map in root.Maps("arms"))
        {
            var name = PlainName.Of(map.Text("name"));
            if (PlainName.Fault(name) is { } fault)
            {
                throw map.Error("name", fault);
            }

            var arm = new ArmConfiguration(
                name,
                map.OptionalText("published"),
                models.Generator(map, "generator"),
                models.Judge(map, "judge"),
                Strategy(map.Map("strategy")));
            map.End();
            if (arms.Exists(a => a.Name == arm.Name))
            {
                throw map.Error("name", $"another arm is called '{arm.Name}' too; each needs a name of its own");
            }

            arms.Add(arm);
        }

        return arms;
    }

    private static IStrategy Strategy(YamlMap map)
    {
        var kind = map.Word("kind", "best-of-n", "reflection", "beam-reflection");
        var n = map.Integer("n", 1, MostAttempts);
        IStrategy strategy = kind switch
        {
            "best-of-n" => new BestOfN(n, map.Word("selector", "first-accept", "judge-score", "pairwise", "oracle") switch
            {
                "first-accept" => Selector.FirstAccept,
                "judge-score" => Selector.JudgeScore,
                "pairwise" => Selector.Pairwise,
                _ => Selector.Oracle,
            }),
            "reflection" => new Reflection(n, map.Integer("k", 1, MostAttempts, 3), Quirks(map)),
            _ => new BeamReflection(n, map.Integer("width", 1, MostAttempts), map.Integer("k", 1, MostAttempts, 3)),
        };
        map.End();
        return strategy;
    }

    private static ReflectionQuirks Quirks(YamlMap strategy)
    {
        var mode = strategy.OptionalWord("mode", "paper", "clean") == "paper" ? ReflectionQuirks.Paper : ReflectionQuirks.Clean;
        var map = strategy.OptionalMap("quirks");
        var quirks = new ReflectionQuirks
        {
            RandomContext = map.Flag("random_context", mode.RandomContext),
            ShrinkingContext = map.Flag("shrinking_context", mode.ShrinkingContext),
            EmptyFeedback = map.Flag("empty_feedback", mode.EmptyFeedback),
            ShowLast = map.Flag("show_last", mode.ShowLast),
            ReplayLeak = map.Flag("replay_leak", mode.ReplayLeak),
        };
        map.End();
        return quirks;
    }

    private static CallSettings Calls(YamlMap map)
    {
        var standard = CallSettings.Default;
        var calls = new CallSettings(
            map.Integer("tries", 1, 100, standard.Tries),
            TimeSpan.FromSeconds(map.Real("timeout_seconds", 0.01, 86_400, standard.Timeout.TotalSeconds)),
            map.Real("tolerated_failures", 0, 1, standard.ToleratedFailures));
        map.End();
        return calls;
    }
}

/// <summary>What a sweep file says.</summary>
/// <param name="Models">Those that the configuration speaks of, each once.</param>
public sealed record SweepDefinition(SweepConfiguration Configuration, CallSettings Calls, IReadOnlyList<NamedModel> Models);

using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.Tests;

/// <summary>What every benchmark holds to: a new one passes this, with one class of a few lines.</summary>
public abstract class BenchmarkCompliance
{
    /// <summary>As a sweep records it.</summary>
    public abstract BenchmarkConfiguration Configuration { get; }

    /// <summary>As a sweep records it.</summary>
    protected abstract ScorerConfiguration Scorer { get; }

    private IBenchmark Benchmark => field ??= BenchmarkCatalog.Open(Configuration);

    [Fact]
    public void What_a_sweep_records_gives_the_same_prompts_and_the_same_scorer_again()
    {
        var written = new SweepConfiguration("any", Configuration, 0, 1, Scorer, []).ToJson();
        var read = SweepConfiguration.FromJson(written);
        Assert.Equal(written, read.ToJson());
        var again = BenchmarkCatalog.Open(read.Benchmark);
        Assert.Equal(Benchmark.Prompts, again.Prompts);
        Assert.Equal(Benchmark.Scorer(Scorer).Model.Identity, again.Scorer(read.Scorer!).Model.Identity);
        Assert.Equal(Benchmark.Scorer(Scorer).Options, again.Scorer(read.Scorer!).Options);
    }

    [Fact]
    public void A_setting_that_it_does_not_know_is_refused()
    {
        var more = new KeyValuePair<string, JsonElement>("colour_of_the_sky", JsonSerializer.SerializeToElement("green"));
        Assert.Throws<JsonException>(() => BenchmarkCatalog.Open(Configuration with { Settings = new([.. Configuration.Settings, more]) }));
        Assert.Throws<JsonException>(() => Benchmark.Scorer(Scorer with { Settings = new([.. Scorer.Settings, more]) }));
    }

    [Fact]
    public void Prompts_are_texts_of_one_line_each_there_once_with_metadata_that_names_them()
    {
        Assert.NotEmpty(Benchmark.Prompts);
        Assert.Distinct(Benchmark.Prompts.Select(p => p.Text));
        Assert.All(Benchmark.Prompts, p =>
        {
            Assert.False(string.IsNullOrWhiteSpace(p.Text) || string.IsNullOrWhiteSpace(p.Stratum));
            Assert.DoesNotContain(p.Text + p.Stratum + p.Metadata, char.IsControl);
            Assert.Equal(p.Text, JsonDocument.Parse(p.Metadata).RootElement.GetProperty("prompt").GetString());
        });
    }

    [Fact]
    public void Metrics_are_both_means_and_each_stratum_once()
    {
        var metrics = Benchmark.Tables.Metrics;
        var strata = Benchmark.Prompts.Select(p => p.Stratum).Distinct().ToList();
        Assert.Equal(Metric.MeanOverPrompts, metrics[0]);
        Assert.Distinct(metrics.Select(m => m.Id));
        Assert.Equal(strata.Count > 1 ? [Metric.MeanOverCategories] : [], metrics.Skip(1).Where(m => m.Category is null));
        Assert.Equal(
            (strata.Count > 1 ? strata : []).Order(), metrics.Select(m => m.Category).OfType<string>().Order());
    }

    [Fact]
    public void Its_tables_have_columns_of_its_own_and_a_standard_layout()
    {
        var (metrics, words, published, standard) = Benchmark.Tables;
        Assert.Contains(standard, published.Layouts);
        Assert.All(published.Tables, t => Assert.NotEmpty(t.Metrics));
        Assert.All(published.Layout(standard), t => Assert.Equal(metrics.Where(m => t.Columns is ColumnsOf.Metrics || m.Category is null), t.Metrics));
        Assert.Equal(metrics.Select(m => m.Category).OfType<string>().Order(), published.Prompts.Keys.Where(_ => metrics.Count > 1).Order());
        Assert.NotEqual(words.Pass, words.Fail);
        Assert.All([words.Pass, words.Fail], w => Assert.Matches("^[a-z]+$", w));
    }

    [Fact]
    public void Of_images_scored_elsewhere_it_says_that_their_scorer_is_not_known()
    {
        var scorer = Benchmark.Scorer(Benchmark.ScoredElsewhere);
        Assert.Equal(ModelConfiguration.RanElsewhere, scorer.Model);
        Assert.NotEqual(Benchmark.Scorer(Scorer).Model.Identity, scorer.Model.Identity);
    }

    [Fact]
    public void A_score_follows_from_the_answer_alone_and_lies_in_0_to_1_with_its_reason_and_evidence()
    {
        var scorer = Benchmark.Scorer(Scorer);
        var (looked, boxed) = (false, false);
        Prop.ForAll(
            (from prompt in Gen.Choose(0, Benchmark.Prompts.Count - 1) from pair in Score(scorer, prompt) select pair).ToArbitrary(),
            pair =>
            {
                var (score, again, found) = pair;
                Assert.Equal(score, again);
                Assert.InRange(score.Value, 0, 1);
                if (score is { Passed: { } passed, Reason: { } reason })
                {
                    Assert.Equal(passed, reason.Length == 0);
                }

                Assert.NotNull(score.Evidence);
                Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(score.Evidence).RootElement.ValueKind);
                if (found is not null)
                {
                    var boxes = scorer.Boxes(score.Evidence).ToLookup(b => b.Label, b => b.Box);
                    Assert.All(boxes, of => Assert.Equivalent(found[of.Key], of, strict: true));
                    (looked, boxed) = (true, boxed || boxes.Count > 0);
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
        Assert.Equal(looked, boxed);
    }

    /// <summary>The scores of a random answer.</summary>
    private static Gen<Asked> Score(IScorer scorer, int prompt) => scorer switch
    {
        IDetectorScorer byDetector => Found.Select(f => new Asked(byDetector.Score(prompt, f), byDetector.Score(prompt, f.ToDictionary()), f)),
        IJudgeScorer byJudge => Said.Select(v => new Asked(byJudge.Score(prompt, v), byJudge.Score(prompt, v with { }), null)),
        IAnswerScorer byAnswers => Gen.Elements("yes", "no", "Yes.", "maybe, \"zwei\"").ArrayOf(byAnswers.Questions(prompt).Count)
            .Select(a => new Asked(byAnswers.Score(prompt, a), byAnswers.Score(prompt, [.. a]), null)),
        _ => throw new NotSupportedException($"Say here how {scorer.GetType().Name} is asked."),
    };

    /// <param name="Found">The answer, where it is of a detector.</param>
    private sealed record Asked(Score First, Score Second, Dictionary<string, IReadOnlyList<Detection>>? Found);

    private static Gen<Verdict> Said { get; } =
        from accepted in Gen.Elements(true, false)
        from score in Gen.Choose(-1, 100)
        from feedback in Gen.Elements("", "there is no cat", "zwei Hunde: \"rot\"\n und \u2028")
        select new Verdict(
            accepted, score < 0 ? null : score / 100.0, score < 0 ? null : 1 - (score / 100.0), accepted ? "" : feedback);

    private static Gen<Dictionary<string, IReadOnlyList<Detection>>> Found { get; } =
        from names in Gen.SubListOf("person", "dog", "cat", "tie", "sports ball", "oven", "star", "ring", "heart")
        from boxes in (
            from x in Gen.Choose(0, 200)
            from y in Gen.Choose(0, 200)
            from side in Gen.Choose(1, 100)
            from sure in Gen.Choose(0, 1000)
            from colour in Gen.Elements("red", "blue", null!)
            from inside in Gen.Elements(true, false).ArrayOf(6)
            select new Detection(
                x, y, x + side, y + (side / 2f), sure / 1000f, colour, inside[0] ? ObjectMask.Of(inside, 3, 2) : null)).ArrayOf(3)
        select names.ToDictionary(n => n, n => (IReadOnlyList<Detection>)boxes.Skip(n.Length % 3).ToArray());
}

public sealed class CatalogTests
{
    [Fact]
    public void Every_benchmark_of_this_build_passes_the_compliance_suite() => Assert.Equal(
        BenchmarkCatalog.Kinds.Order(),
        typeof(BenchmarkCompliance).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(BenchmarkCompliance)))
            .Select(t => ((BenchmarkCompliance)Activator.CreateInstance(t)!).Configuration.Kind).Distinct().Order());

    [Fact]
    public void A_benchmark_of_another_build_is_refused_by_name() => Assert.Equal(
        "This build has no benchmark 'dream'; known: geneval, prompts, shapes, dpg.",
        Assert.Throws<JsonException>(() => BenchmarkCatalog.Open(new("dream"))).Message);
}

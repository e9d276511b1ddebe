using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.DpgBench;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.Tests.DpgBench;

public sealed class OfficialDpgCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } = DpgBenchmark.Configuration(DpgCsv.Text, official: true);

    protected override ScorerConfiguration Scorer { get; } = DpgCsv.Answered;
}

public sealed class CorrectedDpgCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } =
        DpgBenchmark.Configuration(DpgCsv.Text, official: false, hard: "boat\ncat.png\n", hardest: "cat");

    protected override ScorerConfiguration Scorer { get; } = DpgCsv.Answered;
}

public sealed class DpgBenchmarkTests
{
    [Fact]
    public void Official_leaves_out_the_first_question_and_items_that_miss_a_parent_and_corrected_does_not()
    {
        Assert.Equal(["boat", "cat", "kite"], Items(official: true));
        Assert.Equal(["first", "boat", "cat", "kite"], Items(official: false));
        Assert.Equal(
            [Expect("boat", 2), Expect("cat", 2)],
            BenchmarkCatalog.Open(DpgBenchmark.Configuration(DpgCsv.Text, true)).Prompts.Take(2)
                .Select((p, i) => Expect(JsonDocument.Parse(p.Metadata).RootElement.GetProperty("item_id").GetString()!, Asked(i))));

        static (string Item, int Questions) Expect(string item, int questions) => (item, questions);
        static int Asked(int prompt) => Scorer(official: true).Questions(prompt).Count;
    }

    /// <summary>Boat: 2 depends on 1. Cat: 1 on 2, which stands behind it. Kite: 4 on 2, and 3 on 1 and 4.</summary>
    [Theory]
    [InlineData(true, "boat", "no,yes", 0, "False,True")]
    [InlineData(false, "boat", "no,yes", 0, "False,False")]
    [InlineData(true, "boat", "Yes,yes", 0, "False,True")]
    [InlineData(false, "boat", "Yes.,yes", 1, "True,True")]
    [InlineData(true, "cat", "yes,no", 0, "True,False")]
    [InlineData(false, "cat", "yes,yes", 1, "True,True")]
    [InlineData(true, "kite", "yes,no,yes,yes", 0.5, "True,False,True,True")]
    [InlineData(false, "kite", "yes,no,yes,yes", 0.25, "True,False,False,False")]
    public void Answers_are_scored_by_the_mode(bool official, string item, string answers, double value, string counted)
    {
        var prompt = Items(official).ToList().IndexOf(item);
        var score = Scorer(official).Score(prompt, answers.Split(','));
        Assert.Equal(value, score.Value, 1e-12);
        Assert.Equal(value == 1, score.Passed);
        Assert.Equal(counted, string.Join(',', Scorer(official).Parts(prompt, score.Evidence!).Select(p => p.Holds)));
    }

    [Fact]
    public void Questions_count_in_a_broad_and_a_fine_category()
    {
        var prompt = Items(official: true).ToList().IndexOf("boat");
        var score = Scorer(official: true).Score(prompt, ["yes", "no"]);
        Assert.Equal(
            ["entity|entity - whole True", "attribute|attribute - color False"],
            Scorer(official: true).Parts(prompt, score.Evidence!).Select(p => $"{string.Join('|', p.Categories)} {p.Holds}"));
        Assert.Equal("no: Is it red?", score.Reason);
    }

    [Fact]
    public void Hard_subsets_stand_in_table_6_one_within_the_other_beside_the_paper_s_values()
    {
        var tables = BenchmarkCatalog.Open(DpgBenchmark.Configuration(DpgCsv.Text, official: false, hard: "boat\ncat.png\n", hardest: "cat")).Tables;
        var table = Assert.Single(tables.Published.Layout("table6"));
        Assert.Equal(["mean_over_prompts", "hard_246", "hard_56"], table.Metrics.Select(m => m.Id));
        Assert.Equal([true, true, false], new[] { "hard_56", "hard_246_only", "others" }.Select(table.Metrics[1].Covers));
        Assert.Equal([true, false, false], new[] { "hard_56", "hard_246_only", "others" }.Select(table.Metrics[2].Covers));
        var row = table.Rows.Single(r => r.Id == "dpg-reflect-dit");
        Assert.Equal(["0.861", "0.695", "0.518"], table.Metrics.Select(m => row.Given(20, m)!.Text));
        Assert.Null(row.Calculated(20, Metric.MeanOverCategories, tables.Published.Prompts));
        Assert.Equal("mPLUG-large", tables.PublishedScorer);
    }

    [Theory]
    [InlineData("boat\nnobody\n", "a hard subset lists the item 'nobody', which has no question")]
    public void A_hard_subset_of_what_is_not_there_is_refused(string hard, string message) => Assert.Equal(
        message, Assert.Throws<InvalidDataException>(() => DpgBenchmark.Configuration(DpgCsv.Text, true, hard)).Message);

    [Fact]
    public void A_picture_is_cut_from_the_upper_left_and_black_where_the_image_ends()
    {
        var image = PngWriter.Encode(new RgbImage(2, 1, [10, 0, 0, 20, 0, 0]));
        var benchmark = BenchmarkCatalog.Open(DpgBenchmark.Configuration(DpgCsv.Text, true));
        var whole = (IAnswerScorer)benchmark.Scorer(DpgCsv.Answered);
        var cut = (IAnswerScorer)benchmark.Scorer(DpgBenchmark.ScoredBy(DpgCsv.Answerer, 3));
        Assert.Equal(image, whole.Picture(image).ToArray());
        var picture = ImageReader.Decode(cut.Picture(image));
        Assert.Equal((3, 3, 20, 0), (picture.Width, picture.Height, (int)picture.Rgb[3], (int)picture.Rgb[6]));
    }

    private static IEnumerable<string> Items(bool official) =>
        BenchmarkCatalog.Open(DpgBenchmark.Configuration(DpgCsv.Text, official)).Prompts
            .Select(p => JsonDocument.Parse(p.Metadata).RootElement.GetProperty("item_id").GetString()!);

    private static IAnswerScorer Scorer(bool official) =>
        (IAnswerScorer)BenchmarkCatalog.Open(DpgBenchmark.Configuration(DpgCsv.Text, official)).Scorer(DpgCsv.Answered);
}

/// <summary>A small table in the columns of dpg_bench.csv.</summary>
internal static class DpgCsv
{
    public const string Text = """
        item_id,text,keywords,proposition_id,dependency,category_broad,category_detailed,tuple,question_natural_language
        first,A first scene.,,1,0,entity,whole,entity - whole (scene),Is there a scene?
        first,A first scene.,,2,1,attribute,color,"attribute - color (scene, blue)",Is it blue?
        boat,"A boat,
        which is red.",,1,0,entity,whole,entity - whole (boat),Is there a boat?
        boat,"A boat,
        which is red.",,2,1,attribute,color,"attribute - color (boat, red)",Is it red?
        cat,A black cat.,,1,2,attribute,color,"attribute - color (cat, black)",Is it black?
        cat,A black cat.,,2,0,entity,whole,entity - whole (cat),Is there a cat?
        kite,A kite above a tower.,,1,0,entity,whole,entity - whole (kite),Is there a kite?
        kite,A kite above a tower.,,2,0,entity,whole,entity - whole (tower),Is there a tower?
        kite,A kite above a tower.,,3,"1, 4",relation,spatial,"relation - spatial (kite, tower, above)",Is the kite above the tower?
        kite,A kite above a tower.,,4,2,global,,global - (scene),Is it outside?
        """;

    public static ModelConfiguration Answerer { get; } = new("answerer-of-tests", JsonSerializer.SerializeToElement(new { model = "any" }));

    public static ScorerConfiguration Answered { get; } = DpgBenchmark.ScoredBy(Answerer, resolution: null);
}

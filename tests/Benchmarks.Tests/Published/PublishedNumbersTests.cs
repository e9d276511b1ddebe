using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Benchmarks.Tests.Published;

public sealed class PublishedNumbersTests
{
    private static readonly PublishedNumbers Numbers = PublishedFiles.Numbers;

    [Fact]
    public void Published_set_has_553_prompts() => Assert.Equal(553, Numbers.Count(Metric.MeanOverPrompts));

    [Theory]
    [InlineData("sana-1.0-best-of-20", 1, "0.62", 0.62)]
    [InlineData("sana-1.0-best-of-20", 4, "0.705", 0.705)]
    [InlineData("sana-1.0-best-of-20", 20, "0.751", 0.751)]
    [InlineData("reflect-dit", 1, "0.732", 405 / 553.0)]
    [InlineData("reflect-dit", 12, "0.799", 442 / 553.0)]
    [InlineData("reflect-dit", 20, "0.807", 446 / 553.0)]
    public void Published_arm_has_its_mean_over_prompts_at_n(string arm, int n, string text, double value)
    {
        var published = Numbers.Arm(arm)!.Value(n, Metric.MeanOverPrompts)!;
        Assert.Equal((text, value), (published.Text, published.Value));
    }

    [Fact]
    public void Mean_over_categories_of_an_authors_row_is_calculated_and_marked_so()
    {
        var reflection = Numbers.Arm("reflect-dit")!;
        Assert.Equal(0.8129, reflection.Value(20, Metric.MeanOverCategories)!.Value, 4);
        Assert.Equal("~0.813", reflection.Value(20, Metric.MeanOverCategories)!.Text);
        Assert.Null(reflection.Value(1, Metric.MeanOverCategories));
        Assert.Equal("~0.760", Numbers.Arm("sana-1.0-best-of-20")!.Value(20, Metric.MeanOverCategories)!.Text);
        Assert.Equal("~0.635", Numbers.Arm("sana-1.0-best-of-20")!.Value(1, Metric.MeanOverCategories)!.Text);
    }

    [Fact]
    public void Counts_of_the_released_set_add_up_to_its_total()
    {
        var released = Numbers.Arm("reflect-dit")!;
        var total = GenEvalBenchmark.Columns.Where(m => m.Category is not null)
            .Sum(m => released.Value(20, m)!.Value * Numbers.Prompts[m.Category!]);
        Assert.Equal(446, total, 9);
    }

    /// <summary>Each overall of Table 1 agrees with its own categories under the meaning given in the data.</summary>
    [Fact]
    public void Overall_of_table_1_has_the_meaning_that_its_categories_confirm()
    {
        foreach (var row in Numbers.Layout("table1").SelectMany(t => t.Rows)
            .Where(r => r.Points[0].Categories is not null))
        {
            var point = Assert.Single(row.Points);
            var meaning = row.OverallIs == Metric.MeanOverPrompts.Id ? Metric.MeanOverPrompts : Metric.MeanOverCategories;
            var calculated = row.Calculated(point.N, meaning, Numbers.Prompts)!.Value;
            Assert.True(Math.Abs(calculated - point.Overall!.Value) < 0.01, $"{row.Id}: {calculated}");
        }
    }

    [Fact]
    public void Sana_1_5_row_repeats_playground_v3_and_says_so()
    {
        var rows = Numbers.Layout("table1").SelectMany(t => t.Rows).ToList();
        var (sana, playground) = (rows.Single(r => r.Id == "sana-1.5"), rows.Single(r => r.Id == "playground-v3"));
        Assert.All(GenEvalBenchmark.Columns, m => Assert.Equal(playground.Given(1, m)?.Text, sana.Given(1, m)?.Text));
        Assert.Contains("copy error", sana.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_names_its_source() =>
        Assert.All(Numbers.Tables.SelectMany(t => t.Rows), r => Assert.NotEmpty(r.Source));

    /// <summary>research: one run at 0.62 of 553 prompts is known to about 0.04, at 0.807 to about 0.033.</summary>
    [Fact]
    public void Noise_band_is_that_of_one_run_over_the_published_prompts()
    {
        var sana = NoiseBand.Of(Numbers.Arm("sana-1.0-best-of-20")!, 1, Metric.MeanOverPrompts)!.Value;
        Assert.Equal(0.040, (sana.High - sana.Low) / 2, 3);
        var reflection = NoiseBand.Of(Numbers.Arm("reflect-dit")!, 20, Metric.MeanOverPrompts)!.Value;
        Assert.Equal(0.033, (reflection.High - reflection.Low) / 2, 3);
        Assert.Null(NoiseBand.Of(Numbers.Arm("reflect-dit")!, 1, Metric.MeanOverCategories));
    }

    [Fact]
    public void Unknown_published_arm_or_layout_is_refused_with_the_known_ones()
    {
        Assert.StartsWith(
            "There is no published arm 'sana'; known: sana-1.0-best-of-20, reflect-dit,",
            Assert.Throws<FormatException>(() => Numbers.Arm("sana")).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "There is no layout 'table7'; known: curve, table1, table2, table3, table4, table5, table6.",
            Assert.Throws<ArgumentException>(() => Numbers.Layout("table7")).Message);
    }

    [Theory]
    [InlineData("arms.json", "\"counting\": 80", "\"counting\": 0", "arms.json:6: prompts.counting: expected a whole number from 1 to 1000000, found 0.")]
    [InlineData("arms.json", "\"counting\": 80", "\"count\": 80", "arms.json:6: prompts: the key 'count' is unknown; known: single_object,")]
    [InlineData("arms.json", "\"sana-1.0\"]", "\"sana\"]", "arms.json:14: arms[0].rows[2]: no row has the id 'sana'")]
    [InlineData("arms.json", "\"id\": \"reflect-dit\"", "\"id\": \"sana-1.0-best-of-20\"", "arms.json:17: arms[1].id: two arms")]
    [InlineData("table2.json", "0.705", "70.5", "table2.json:16: rows[0].values[0].overall: expected a share from 0 to 1, as 0.80 or \"446/553\", found 70.5.")]
    [InlineData("table2.json", "0.705", "1e999", "table2.json:16: rows[0].values[0].overall: expected a share")]
    [InlineData("curves.json", "\"446/553\"", "\"554/553\"", "curves.json:29: rows[0].values[4].overall: expected a share from 0 to 1, as 0.80 or \"446/553\", found \"554/553\".")]
    [InlineData("curves.json", "\"source\"", "\"sauce\"", "curves.json:23: rows[0]: the key 'sauce' is unknown; known: id, label, source,")]
    [InlineData("table3.json", "\"row\": \"sana-1.0-best-of-n\"", "\"row\": \"x\"", "table3.json:10: shows[0].row: no row has")]
    [InlineData("table1_sana.json", "\"metrics\"", "\"attempts\"", "table1_sana.json:4: columns: another table of the layout 'table1'")]
    [InlineData("table1_sana.json", "\"metrics\"", "\"n\"", "table1_sana.json:4: columns: expected one of: metrics, attempts, other_benchmark, found \"n\".")]
    [InlineData("table6.json", "\"hard_246\": 56.1", "\"hard_246\": 561", "table6.json:43: rows[4].values[0].categories.hard_246: expected")]
    [InlineData("table6.json", "\"hard_246\": 56.1", "\"hard\": 56.1", "rows[4].values[0].categories: the key 'hard' is unknown; known: all, hard_246, hard_56.")]
    [InlineData("table6.json", "{ \"n\": 1, \"c", "{ \"n\": 1, \"overall\": 0.5, \"c", "rows[0].values[0]: the key 'overall' is only for the benchmark's own tables.")]
    [InlineData("table6.json", "\"columns\": \"other_benchmark\"", "\"columns\": \"metrics\"", "table6.json:1: top level: the key 'metrics' is only for another benchmark.")]
    [InlineData("table1.json", "\"sdxl\"", "\"sana-1.5-v1\"", "table1_sana.json:20: rows[1].id: two rows have the id 'sana-1.5-v1'")]
    [InlineData("table1.json", "\"two_object\": 0.74, ", "", "table1.json:16: rows[0].values[0].categories: the key 'two_object' is missing.")]
    [InlineData("table1.json", "\"two_object\": 0.74, \"counting\": 0.39, ", "", "categories: the keys 'two_object', 'counting' are missing.")]
    [InlineData("table1.json", "\"overall_is\": \"mean_over_categories\",", "", "table1.json:9: rows[0]: the key 'overall_is' is missing.")]
    [InlineData("table1.json", "mean_over_categories", "mean", "rows[0].overall_is: expected mean_over_prompts or mean_over_categories, found \"mean\".")]
    [InlineData("table1.json", "\"layout\"", "\"title\": \"again\", \"layout\"", "table1.json:3: top level: the key 'title' is given twice.")]
    public void Faulty_file_is_refused_with_file_and_key(string file, string from, string to, string message)
    {
        var files = PublishedFiles.All.Select(f => f.Name == file ? (f.Name, ReplaceFirst(f.Text, from, to)) : f);
        var error = Assert.Throws<FormatException>(() => PublishedReader.Read(files, GenEvalBenchmark.Columns));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Category_names_are_those_of_geneval() =>
        Assert.Equal(Categories.All, GenEvalBenchmark.Columns.Select(m => m.Category).OfType<string>());

    private static string ReplaceFirst(string text, string from, string to)
    {
        var at = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, $"'{from}' is not in the file.");
        return text[..at] + to + text[(at + from.Length)..];
    }
}

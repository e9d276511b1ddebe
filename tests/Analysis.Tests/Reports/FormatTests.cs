using System.Collections.Concurrent;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Reports.Sweeps;

namespace ReflectDiT.Eval.Analysis.Tests.Reports;

public sealed class FormatTests
{
    private static readonly SweepResults Incomplete = Of(
        Sana,
        ReflectDit with
        {
            Name = "ceiling_50% & more",
            Strategy = new BestOfN(20, Selector.Oracle),
            Chains = [.. ReflectDit.Chains.Where(c => c.Prompt != 7)],
            Open = 1,
        });

    private static readonly SweepResults Reversed =
        Two with { Arms = [.. Two.Arms.Select(a => a with { Chains = [.. a.Chains.Reverse()] })] };

    /// <summary>A report is built once and then read in every format.</summary>
    private static readonly ConcurrentDictionary<(SweepResults Results, string Layout), Report> Built = new();

    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var format in ReportFormat.Names)
            {
                all.Add("table1", format);
                all.Add("table2", format);
                all.Add("curve", format);
                all.Add("judge", format);
                all.Add("chains", format);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_format_says_simulated_oracle_and_incomplete_in_row_names(string layout, string format)
    {
        var text = Render(Incomplete, layout, format);
        Assert.Contains("sana SIMULATED", text, StringComparison.Ordinal);
        Assert.Contains(" more ORACLE SIMULATED", text, StringComparison.Ordinal);
        Assert.Contains("INCOMPLETE", text, StringComparison.Ordinal);
        Assert.Contains("552 of 553 chains (0 failed, 1 open)", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Complete_sweep_of_real_models_is_not_called_otherwise(string layout, string format)
    {
        var text = Render(Of(Sana with { Simulated = false }), layout, format);
        Assert.DoesNotContain("SIMULATED", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ORACLE", text, StringComparison.Ordinal);
        Assert.DoesNotContain("INCOMPLETE", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Equal_results_give_equal_bytes_in_whatever_order_chains_come(string layout, string format) =>
        Assert.Equal(Render(Two, layout, format), Render(Reversed, layout, format));

    [Theory]
    [MemberData(nameof(All))]
    public void Lines_end_in_lf_and_the_text_ends_with_a_line(string layout, string format)
    {
        var text = Render(Incomplete, layout, format);
        Assert.DoesNotContain('\r', text);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Sweep_without_any_chain_still_has_its_report(string layout, string format)
    {
        var text = Render(Of(Sana with { Chains = [], Open = 553 }), layout, format);
        Assert.Contains("0 of 553 chains", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("table1")]
    [InlineData("curve")]
    [InlineData("judge")]
    [InlineData("chains")]
    public void Text_fits_a_terminal_and_one_screen_but_for_details(string layout)
    {
        var brief = Render(Two, layout, "text").Split('\n');
        var detail = Render(Two, layout, "text", detail: true).Split('\n');
        Assert.All([.. brief, .. detail, .. Render(Incomplete, layout, "text").Split('\n')], l => Assert.InRange(l.Length, 0, 99));
        Assert.InRange(brief.Length, 10, 50);
        var four = Render(Of(Sana, ReflectDit, Sana with { Name = "third" }, ReflectDit with { Name = "fourth" }), layout, "text").Split('\n');
        Assert.InRange(four.Length, brief.Length + 1, 52);
        Assert.True(detail.Length > brief.Length);
        Assert.Contains("* --detail: ", brief[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_full_precision_and_says_what_is_missing()
    {
        var json = JsonDocument.Parse(Render(Incomplete, "table1", "json")).RootElement;
        Assert.Equal("INCOMPLETE", json.GetProperty("status").GetString());
        var missing = Assert.Single(json.GetProperty("arms")[1].GetProperty("missing").EnumerateArray());
        Assert.Equal(7, missing.GetProperty("prompt").GetInt32());
        var row = json.GetProperty("rows").EnumerateArray().First(r =>
            r.GetProperty("arm").GetString() == "sana SIMULATED" && r.GetProperty("n").GetInt32() == 20
            && r.GetProperty("metric").GetString() == "mean_over_prompts");
        Assert.Equal(415 / 553.0, row.GetProperty("value").GetDouble());
        Assert.Equal(0.751, row.GetProperty("published").GetDouble());
        Assert.Contains("Table 2", row.GetProperty("source").GetString(), StringComparison.Ordinal);
        Assert.Equal("complete", JsonDocument.Parse(Render(Two, "table1", "json")).RootElement
            .GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("table1")]
    [InlineData("curve")]
    [InlineData("judge")]
    [InlineData("chains")]
    public void Csv_has_as_many_fields_on_every_line_and_one_line_a_number(string layout)
    {
        var lines = Render(Incomplete, layout, "csv").TrimEnd('\n').Split('\n').Select(Fields).ToList();
        Assert.All(lines, l => Assert.Equal(lines[0].Count, l.Count));
        Assert.Equal("INCOMPLETE", lines[1][0]);
        var keys = lines.Skip(1).Select(l => string.Join('|', l.Take(7))).ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.Contains("ceiling_50% & more ORACLE SIMULATED", lines.Select(l => l[1]));
        var rows = JsonDocument.Parse(Render(Incomplete, layout, "json")).RootElement.GetProperty("rows");
        Assert.Equal(rows.GetArrayLength(), lines.Count(l => l[0] is "published" or "arm" or "difference"));
    }

    [Theory]
    [InlineData("table1")]
    [InlineData("curve")]
    [InlineData("judge")]
    [InlineData("chains")]
    public void Latex_has_balanced_braces_and_as_many_columns_on_every_line(string layout)
    {
        var text = Render(Incomplete, layout, "latex");
        Assert.Contains(@"ceiling\_50\% \& more", text, StringComparison.Ordinal);
        var bare = text.Replace(@"\{", "", StringComparison.Ordinal).Replace(@"\}", "", StringComparison.Ordinal);
        Assert.Equal(bare.Count(c => c == '{'), bare.Count(c => c == '}'));
        var columns = text.Split("\\begin{tabular}{")[1].Split('}')[0].Length;
        var rows = text.Split('\n').Where(l => l.EndsWith(@"\\", StringComparison.Ordinal)).ToList();
        Assert.All(rows, row => Assert.True(
            row.StartsWith($"\\multicolumn{{{columns}}}", StringComparison.Ordinal)
            || row.Replace(@"\&", "", StringComparison.Ordinal).Count(c => c == '&') == columns - 1,
            row));
    }

    [Theory]
    [InlineData("table1")]
    [InlineData("curve")]
    [InlineData("judge")]
    [InlineData("chains")]
    public void Markdown_table_has_as_many_cells_on_every_line(string layout)
    {
        var rows = Render(Incomplete, layout, "md").Split('\n').Where(l => l.StartsWith('|')).ToList();
        Assert.True(rows.Count > 10);
        var bars = rows.Select(r => r.Replace(@"\|", "", StringComparison.Ordinal).Count(c => c == '|')).Distinct();
        Assert.Single(bars);
    }

    [Fact]
    public void Unknown_format_is_refused_with_the_known_ones() =>
        Assert.Contains(
            "text, md, latex, csv, json",
            Assert.Throws<ArgumentException>(() => Render(Two, "table1", "html")).Message,
            StringComparison.Ordinal);

    private static string Render(SweepResults results, string layout, string format, bool detail = false) =>
        ReportFormat.Render(
            Built.GetOrAdd(
                (results, layout), _ => Table(layout == ChainReport.Judge ? FirstAttempts(results) : results, layout)),
            format,
            detail);

    /// <summary>The judge's layout has rows for each attempt: a few say as much as twenty, sooner.</summary>
    private static SweepResults FirstAttempts(SweepResults results) => results with
    {
        Arms =
        [
            .. results.Arms.Select(a => a with
            {
                Chains = [.. a.Chains.Select(c => c with { Shown = 0, Attempts = [.. c.Attempts.Take(2)] })],
            }),
        ],
    };

    /// <summary>Fields of one line; no field of a report has a line end in it.</summary>
    private static List<string> Fields(string line)
    {
        var (fields, field, quoted) = (new List<string>(), "", false);
        foreach (var c in line)
        {
            if (c == ',' && !quoted)
            {
                fields.Add(field);
                field = "";
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else
            {
                field += c;
            }
        }

        return [.. fields, field];
    }
}

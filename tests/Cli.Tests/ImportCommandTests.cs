using System.Text.Json;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

public sealed class ImportCommandTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task The_published_result_is_imported_once_and_reported_to_the_last_digit_in_both_meanings()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(server);
        ReleasedResults.Write(folder.At("join-4"));
        string[] import = ["import", "reflect-dit", folder.At("join-4"), "--name", "paper", "--published",
            "reflect-dit"];

        var first = await ledger.RunAsync(import);
        var rows = await ledger.DumpAsync();
        var second = await ledger.RunAsync(import);
        var table = await ledger.RunAsync("report", "paper", "--layout", "table1", "--format", "json");
        var curve = await ledger.RunAsync("report", "paper", "--layout", "curve", "--format", "json");

        Assert.Equal((0, ""), (first.ExitCode, first.Out));
        Assert.Contains("Arm join-4: 553 of 553 chains", first.Error);
        Assert.Equal(0, second.ExitCode);
        Assert.Contains("in the ledger already", second.Error);
        Assert.Equal(rows, await ledger.DumpAsync());
        Assert.Equal((0, 0), (table.ExitCode, curve.ExitCode));

        // 0.8065099457504521 as the released code prints it, and the mean of its six categories, 0.81293.
        double[] categories = [78 / 80.0, 95 / 99.0, 64 / 80.0, 83 / 94.0, 66 / 100.0, 60 / 100.0];
        Assert.Equal(0.8065099457504521, Value(table, 20, "mean_over_prompts"), 15);
        Assert.Equal(categories.Average(), Value(table, 20, "mean_over_categories"), 15);
        Assert.Equal("0.81293", Value(table, 20, "mean_over_categories").ToString("F5"));
        string[] names = ["single_object", "two_object", "counting", "colors", "position", "color_attr"];
        Assert.Equal(categories, names.Select(n => Value(table, 20, n)));
        foreach (var (n, correct) in ReleasedResults.Curve)
            Assert.Equal(correct / 553.0, Value(curve, n, "mean_over_prompts"), 15);
    }

    [Fact]
    public async Task An_imported_sweep_says_so_and_cannot_be_run()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(server);
        ReleasedResults.Write(folder.At("run"));
        await ledger.RunAsync("import", "reflect-dit", folder.At("run"), "--arm", "theirs");

        var report = await ledger.RunAsync("report", "run");
        var status = await ledger.RunAsync("status");
        var run = await ledger.RunAsync("run", "run");
        var requeue = await ledger.RunAsync("ctl", "requeue", "run");

        Assert.Contains("theirs IMPORTED, N=20", report.Out);
        Assert.Contains("IMPORTED: the arm was run and scored elsewhere", report.Out);
        Assert.Contains("imported", status.Out);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("Sweep run was imported: it was run elsewhere", run.Error);
        Assert.Equal(1, requeue.ExitCode);
        Assert.Contains("there is nothing to requeue", requeue.Error);
    }

    [Fact]
    public async Task What_is_odd_is_on_standard_error_and_in_json_and_ends_with_2()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(server);
        ReleasedResults.Write(folder.At("run"), edit: (prompt, _, record) => prompt is 3 or 4 ? null : record);
        await File.WriteAllTextAsync(folder.At("run/00000/samples/00000.png.feedback.json"), "{\"correct\": NaN}");

        var import = await ledger.RunAsync("import", "reflect-dit", folder.At("run"), "--format", "json");

        Assert.Equal(2, import.ExitCode);
        Assert.Contains("missing-prompts: ", import.Error);
        Assert.Contains("unreadable: ", import.Error);
        using var json = JsonDocument.Parse(import.Out);
        var arm = Assert.Single(json.RootElement.GetProperty("arms").EnumerateArray());
        Assert.Equal((550, 3), (arm.GetProperty("done").GetInt32(), arm.GetProperty("failed").GetInt32()));
        Assert.False(arm.GetProperty("whole").GetBoolean());
        var unreadable = arm.GetProperty("findings").EnumerateArray()
            .Single(f => f.GetProperty("kind").GetString() == "unreadable");
        Assert.Equal(1, unreadable.GetProperty("line").GetInt32());
        Assert.EndsWith("00000/samples/00000.png.feedback.json", unreadable.GetProperty("file").GetString());
    }

    [Fact]
    public async Task A_leaked_arm_is_marked_in_every_format_of_a_report()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(server);
        ReleasedResults.Write(folder.At("resumed"));
        folder.Write("resumed/annotations_rank_0_of_1.json", """
            [{"path": "x/00551/samples/00000.png", "reason": "the detector's words"},
             {"filename": "x/00551/samples/00001.png", "correct": false}]
            """);
        var import = await ledger.RunAsync("import", "reflect-dit", folder.At("resumed"));

        Assert.Equal(0, import.ExitCode);
        Assert.Contains("ORACLE: leaked", import.Error);
        foreach (var format in new[] { "text", "md", "latex", "csv", "json" })
            Assert.Contains("resumed ORACLE: leaked IMPORTED",
                (await ledger.RunAsync("report", "resumed", "--format", format)).Out);
    }

    [Fact]
    public async Task Results_of_dpg_bench_stand_in_table_6_as_no_other_answerer_s_and_by_category()
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(server);
        var simulated = Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "simulated");
        folder.Write("asked.json", """{"model": "m", "dialect": "plain"}""");
        folder.Write("hard.txt", "cat\n");
        folder.Write("dpg.csv", """
            item_id,text,keywords,proposition_id,dependency,category_broad,category_detailed,tuple,question_natural_language
            first,A scene.,,1,0,entity,whole,entity - whole (scene),Is there a scene?
            boat,A red boat.,,1,0,entity,whole,entity - whole (boat),Is there a boat?
            cat,A black cat.,,1,0,entity,whole,entity - whole (cat),Is there a cat?
            """);
        folder.Write("dpg.yaml", $$$"""
            name: dpg
            benchmark: {kind: dpg, file: dpg.csv, mode: official, hard_56: hard.txt}
            seed: 1
            models:
              sana: {kind: simulated, parameters: {{{Path.Combine(simulated, "sana-1.0.json")}}} }
              critic: {kind: simulated, parameters: {{{Path.Combine(simulated, "judge.json")}}} }
              asked: {kind: openai-chat, parameters: asked.json, placement: {url: 'http://127.0.0.1:9'}}
            scorer: {answerer: asked}
            arms:
              - {name: one, generator: sana, judge: critic, strategy: {kind: best-of-n, n: 1, selector: judge-score}}
            """);
        folder.Write("theirs_results.txt", "x/boat.png, 1.0, 1.0\nx/cat.png, 0.0, 0.0\nModel: x\n");
        folder.Write("theirs_results_detail.txt", "x/boat.png, (0, 0, 4, 4), Is there a boat?, yes\nx/cat.png, (0, 0, 4, 4), Is there a cat?, no\n");

        var import = await ledger.RunAsync("import", "dpg", folder.At("theirs_results.txt"), "--benchmark", folder.At("dpg.yaml"), "--name", "theirs");
        var table = await ledger.RunAsync("report", "theirs", "--layout", "table6");
        var questions = await ledger.RunAsync("report", "theirs", "--layout", "questions");

        Assert.True(import.ExitCode == 0, import.Error);
        Assert.True(table.ExitCode == 0, table.Error);
        Assert.Contains("Hard-56", table.Out);
        Assert.Contains("0.518", (await ledger.RunAsync("report", "theirs", "--layout", "table6", "--detail")).Out);
        Assert.Contains("theirs_results IMPORTED", table.Out);
        Assert.DoesNotContain("OTHER ANSWERER", table.Out);
        Assert.True(questions.ExitCode == 0, questions.Error);
        Assert.Contains("entity - whole", questions.Out);
        Assert.Contains("0.500", questions.Out);
    }

    [Theory]
    [InlineData(new[] { "reflect-dit", "absent" }, "absent: no such folder")]
    [InlineData(new[] { "geneval", "absent" }, "absent: cannot be read")]
    [InlineData(new[] { "dpg", "table.csv" }, "the benchmark is geneval: --benchmark names a sweep file of the kind dpg")]
    [InlineData(new[] { "csv", "table.csv", "--arm", "a", "--arm", "b" }, "--arm: 2 names for 1 inputs")]
    [InlineData(new[] { "csv", "table.csv", "--published", "nobody" },
        "arm 'table': There is no published arm 'nobody'; known: ")]
    [InlineData(new[] { "csv", "table.csv", "--n", "1" }, "N is 1, but the input has an attempt 1")]
    [InlineData(new[] { "csv", "table.csv", "--seed", "-1" }, "--seed: expected a whole number")]
    [InlineData(new[] { "csv", "table.csv", "--per-task", "0" }, "--per-task")]
    public async Task A_wrong_call_ends_with_1_and_a_sentence(string[] args, string message)
    {
        using var folder = new TemporaryFolder();
        await using var ledger = await LedgerFolder.InAsync(server);
        folder.Write("table.csv", "prompt,attempt,correct\na photo of a bench,0,false\na photo of a bench,1,true\n");
        args[1] = folder.At(args[1]);

        var import = await ledger.RunAsync(["import", .. args]);

        Assert.Equal((1, ""), (import.ExitCode, import.Out));
        Assert.Contains(message, import.Error);
    }

    private static double Value(CliProcess report, int n, string metric)
    {
        using var json = JsonDocument.Parse(report.Out);
        return json.RootElement.GetProperty("rows").EnumerateArray().Single(r =>
            r.GetProperty("kind").GetString() == "arm" && r.GetProperty("n").GetInt32() == n
            && r.GetProperty("metric").GetString() == metric).GetProperty("value").GetDouble();
    }
}

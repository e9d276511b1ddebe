using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Exchange.Exports;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;
using SkiaSharp;

namespace ReflectDiT.Eval.Exchange.Tests;

public class ReflectDitImportTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Theory]
    [InlineData(".png")]
    [InlineData(".jpg")]
    public async Task The_published_result_comes_out_to_the_last_digit_in_both_meanings(string extension)
    {
        await using var import = await TestImport.CreateAsync(server);
        // The older form: a list of which the last counts.
        ReleasedResults.Write(import.At("released"), extension, (prompt, attempt, record) => prompt % 3 == 0
            ? new JsonArray(new JsonObject { ["correct"] = !(bool)record["correct"]!, ["prompt"] = "older" }, record)
            : record);
        var results = await import.WriteAsync(import.ReflectDit(import.At("released")));
        var arm = Assert.Single(results.Arms);
        Assert.Equal((553, 0, 0, 20), (arm.Chains.Count, arm.Failed, arm.Open, arm.Strategy.MaxAttempts));
        foreach (var (n, correct) in ReleasedResults.Curve)
        {
            Assert.Equal(correct, PromptScores.At(arm, 553, n).Sum(s => s!.Value));
        }

        var shares = PromptScores.At(arm, 553, 20);
        var categories = results.Prompts.GroupBy(p => p.Stratum)
            .ToDictionary(g => g.Key, g => g.Sum(p => shares[p.Index]!.Value));
        Assert.Equal(ReleasedResults.CorrectAt20.ToDictionary(c => c.Key, c => (double)c.Value), categories);
        Assert.Equal("released IMPORTED", arm.Label);
        Assert.Equal("reflect-dit", arm.Published);
    }

    [Fact]
    public async Task What_the_input_does_not_say_is_unknown_and_never_zero()
    {
        await using var import = await TestImport.CreateAsync(server);
        ReleasedResults.Write(import.At("released"));
        var results = await import.WriteAsync(import.ReflectDit(import.At("released")));
        Assert.All(results.Arms[0].Chains.SelectMany(c => c.Attempts), a =>
        {
            Assert.Equal(new AttemptCosts(null, null, null, null, null), a.Costs);
            Assert.Null(a.Verdict!.Score);
            Assert.Null(a.Verdict.NoScore);
        });
        await using var ledger = new LedgerContext(import.Session.Source);
        Assert.All(ledger.Attempts, a =>
            Assert.True(a is { Imported: true, Seed: null, Image: null, JudgeText: null }));
        Assert.All(ledger.Imports, i => Assert.Equal(("reflect-dit", import.At("released")), (i.Format, i.Path)));
        Assert.All(ledger.Scores, s => Assert.Single(
            JsonDocument.Parse(s.Evidence!).RootElement.GetProperty("detections").EnumerateObject().SelectMany(c => c.Value.EnumerateArray())));
    }

    [Fact]
    public async Task The_same_input_again_changes_nothing_wherever_it_lies()
    {
        await using var import = await TestImport.CreateAsync(server);
        ReleasedResults.Write(import.At("released"), edit: Few);
        var first = import.ReflectDit(import.At("released"));
        Assert.Equal((true, 0), await import.SaveAsync(first));
        var rows = await import.DumpAsync();
        Directory.Move(import.At("released"), import.At("moved"));
        var again = import.ReflectDit(import.At("moved"));
        Assert.Equal(first.Plan.Id, again.Plan.Id);
        Assert.Equal((false, 0), await import.SaveAsync(again));
        Assert.Equal(rows, await import.DumpAsync());
    }

    [Fact]
    public async Task Images_are_taken_in_when_asked_for_even_into_a_sweep_that_has_none_yet()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = import.At("released");
        ReleasedResults.Write(root, edit: Few);
        var (png, jpeg) = (TestImages.Encoded(SKEncodedImageFormat.Png), TestImages.Encoded(SKEncodedImageFormat.Jpeg));
        await File.WriteAllBytesAsync(Path.Combine(root, "00003/samples/00000.png"), png);
        await File.WriteAllBytesAsync(Path.Combine(root, "00004/samples/00000.png"), jpeg);
        Assert.Equal((true, 0), await import.SaveAsync(import.ReflectDit(root)));
        Assert.Equal((false, 2), await import.SaveAsync(import.ReflectDit(root), images: true));
        Assert.Equal((false, 0), await import.SaveAsync(import.ReflectDit(root), images: true));
        await using var ledger = new LedgerContext(import.Session.Source);
        var images = await ledger.Attempts.Where(a => a.Image != null).Select(a => a.Image!).ToListAsync();
        var contents = await Task.WhenAll(
            images.Select(i => import.Session.Artifacts.ReadAsync(i, CancellationToken.None)));
        Assert.Equal([png, jpeg], contents.OrderBy(c => c[0]));
        Assert.Equal(
            [".jpg", ".png"],
            images.Select(i => Path.GetExtension(import.Session.Artifacts.PathOf(i))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_unreadable_record_fails_its_chain_and_names_file_and_line()
    {
        await using var import = await TestImport.CreateAsync(server);
        ReleasedResults.Write(import.At("released"));
        var file = import.At("released/00001/samples/00000.png.feedback.json");
        await File.WriteAllTextAsync(file, "{\n\"correct\": tru");
        var read = import.ReflectDit(import.At("released"));
        Assert.StartsWith($"{file}:2: not JSON at character", read.Only(FindingKind.Unreadable), StringComparison.Ordinal);
        var results = await import.WriteAsync(read);
        Assert.Equal((552, 1), (results.Arms[0].Chains.Count, results.Arms[0].Failed));
        var failure = Assert.Single(
            await SweepStatus.FailuresAsync(import.Session, read.Plan.Id, 5, CancellationToken.None));
        Assert.StartsWith($"attempt 0 cannot be read: {file}:2:", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_odd_is_reported_and_nothing_is_dropped_in_silence()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = import.At("released");
        ReleasedResults.Write(root, edit: (prompt, attempt, record) => (prompt, attempt) switch
        {
            (5, _) => null, // missing prompt
            (79, 1) => null, // a gap: 79 has 20 or 3 attempts
            (7, _) => With(record, "prompt", "a photo of a unicorn"),
            (8, _) => With(record, "reason", "yet a reason"),
            (9, _) => With(record, "mood", "good"),
            _ => record,
        });
        File.Copy(Path.Combine(root, "00010/samples/00000.png.feedback.json"),
            Path.Combine(root, "00010/samples/00000.jpg.feedback.json"));
        await File.WriteAllTextAsync(Path.Combine(root, "00011/samples/00001.png"), "no record");
        var read = import.ReflectDit(root);
        Assert.Equal(
            [
                FindingKind.Contradiction, FindingKind.DuplicateIndex, FindingKind.MissingAttempt,
                FindingKind.MissingPrompts,
                FindingKind.NoRecord, FindingKind.ResumeUnknown, FindingKind.UnknownKey, FindingKind.UnknownPrompt,
            ],
            read.Kinds());
        Assert.EndsWith("2 of 553 prompts have no record. Prompts (from 0): 5, 7",
            read.Only(FindingKind.MissingPrompts), StringComparison.Ordinal);
        Assert.Contains("a photo of a unicorn", read.Only(FindingKind.UnknownPrompt), StringComparison.Ordinal);
        Assert.Contains("00000.jpg.feedback.json: a second record of attempt 0", read.Only(FindingKind.DuplicateIndex),
            StringComparison.Ordinal);
        Assert.Contains("attempt 1 is missing", read.Only(FindingKind.MissingAttempt), StringComparison.Ordinal);
        Assert.EndsWith("mood", read.Only(FindingKind.UnknownKey), StringComparison.Ordinal);
        Assert.Contains("00011/samples/00001.png", read.Only(FindingKind.NoRecord), StringComparison.Ordinal);
        var results = await import.WriteAsync(read);
        Assert.Equal((550, 3, 0), (results.Arms[0].Chains.Count, results.Arms[0].Failed, results.Arms[0].Open));
    }

    [Fact]
    public async Task A_chain_that_goes_on_after_an_acceptance_counts_as_in_the_published_analysis()
    {
        await using var import = await TestImport.CreateAsync(server);
        // Prompt 553 - 1 has 20 attempts or 3: accept its first.
        ReleasedResults.Write(import.At("released"), edit: (prompt, attempt, record) =>
            (prompt, attempt) == (552, 0) ? AcceptedAndCorrect(record) : record);
        var read = import.ReflectDit(import.At("released"));
        Assert.Contains("attempt 0 was accepted", read.Only(FindingKind.AfterAcceptance), StringComparison.Ordinal);
        var arm = (await import.WriteAsync(read)).Arms[0];
        Assert.Equal(1, PromptScores.At(arm, 553, 1)[552]);
        Assert.Equal(0, PromptScores.At(arm, 553, 2)[552]);
        Assert.Equal(446, PromptScores.At(arm, 553, 20).Sum());
    }

    [Fact]
    public async Task A_run_resumed_with_the_detectors_words_marks_its_arm_as_leaked()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = import.At("released");
        ReleasedResults.Write(root);
        await File.WriteAllTextAsync(Path.Combine(root, "annotations_rank_0_of_1.json"), """
            [{"path": "outputs/gen_eval_x/00551/samples/00000.png", "reason": "There is no wine glass in image"},
             {"filename": "outputs/gen_eval_x/00551/samples/00001.png", "correct": false}]
            """);
        var read = import.ReflectDit(root);
        Assert.Contains("folder 00551: the run was resumed after attempt 0", read.Only(FindingKind.Leak),
            StringComparison.Ordinal);
        var arm = (await import.WriteAsync(read)).Arms[0];
        Assert.True(arm.Oracle);
        Assert.Equal("released ORACLE: leaked IMPORTED", arm.Label);
    }

    [Theory]
    [InlineData(ArmInput.ReflectDit)]
    [InlineData(ArmInput.GenEval)]
    [InlineData(ArmInput.Csv)]
    public async Task A_leak_that_annotations_proved_is_a_leak_after_export_and_import(string format)
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = import.At("released");
        ReleasedResults.Write(root, edit: (prompt, _, record) => prompt is < 20 or 79 ? record : null);
        await File.WriteAllTextAsync(Path.Combine(root, "annotations_rank_0_of_1.json"), """
            [{"path": "x/00079/samples/00000.png", "reason": "the detector's"},
             {"filename": "x/00079/samples/00001.png", "correct": false}]
            """);
        var read = import.ReflectDit(root);
        Assert.Equal(["released ORACLE: leaked IMPORTED"], (await import.WriteAsync(read)).Arms.Select(a => a.Label));

        var row = await import.Session.Sweeps.FindAsync(read.Plan.Id.ToString(), CancellationToken.None);
        var export = await SweepExport.LoadAsync(import.Session, row, CancellationToken.None);
        await ExportWriter.WriteAsync(export, format, import.At("out"), CancellationToken.None);
        var back = format switch
        {
            ArmInput.ReflectDit => import.ReflectDit(import.At("out/released")),
            ArmInput.GenEval => import.GenEval(import.At("out/released")),
            _ => import.Csv(await File.ReadAllTextAsync(import.At("out/attempts.csv"))),
        };
        var arm = Assert.Single((await import.WriteAsync(back)).Arms);
        Assert.Equal((true, false), (arm.Leaked, arm.UsesScorer));
        Assert.Contains("where it was exported from", back.Only(FindingKind.Leak), StringComparison.Ordinal);
        Assert.DoesNotContain(FindingKind.ResumeUnknown, back.Kinds());
    }

    [Fact]
    public async Task A_resumed_run_with_the_judges_words_or_that_drew_nothing_more_is_no_leak()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = import.At("released");
        ReleasedResults.Write(root);
        var feedback = (string)JsonNode.Parse(await File.ReadAllTextAsync(
            Path.Combine(root, "00079/samples/00000.png.feedback.json")))!["text_feedback_verifier"]!;
        await File.WriteAllTextAsync(Path.Combine(root, "annotations_rank_0_of_1.json"), $$"""
            [{"path": "x/00079/samples/00000.png", "reason": "{{feedback}}"},
             {"filename": "x/00079/samples/00001.png", "correct": false},
             {"path": "x/00078/samples/00000.png", "reason": "the detector's"}]
            """);
        Assert.Empty(import.ReflectDit(root).Arms[0].Findings);
    }

    [Fact]
    public async Task A_context_that_holds_the_detectors_words_is_a_leak_and_one_with_the_judges_is_none()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = import.At("released");
        ReleasedResults.Write(root, edit: (prompt, attempt, record) => With(
            record, "context", attempt == 0 ? []
                : Context(0, $"the {PromptSet.Published[prompt].Include[0].Class} is missing")));
        var clean = import.ReflectDit(root);
        Assert.DoesNotContain(FindingKind.Leak, clean.Kinds());
        Assert.DoesNotContain(FindingKind.ResumeUnknown, clean.Kinds());
        Assert.All(clean.Arms[0].Chains.SelectMany(c => c.Contexts).SelectMany(c => c), i =>
            Assert.Equal(FeedbackSource.Judge, i.Source));

        var leaky = Path.Combine(root, "00552/samples/00001.png.feedback.json");
        var record = JsonNode.Parse(await File.ReadAllTextAsync(leaky))!;
        record["context"] = Context(0, (string)record["text_feedback"]!);
        await File.WriteAllTextAsync(leaky, record.ToJsonString());
        var read = import.ReflectDit(root);
        Assert.Contains("attempt 1 was drawn with the scorer's words about attempt 0", read.Only(FindingKind.Leak),
            StringComparison.Ordinal);
        Assert.True((await import.WriteAsync(read)).Arms[0].Leaked);
    }

    [Fact]
    public async Task Chains_cut_off_before_n_are_named_and_a_smaller_n_than_the_longest_is_refused()
    {
        await using var import = await TestImport.CreateAsync(server);
        ReleasedResults.Write(
            import.At("released"), edit: (prompt, attempt, record) => prompt == 551 && attempt > 4 ? null : record);
        Assert.Contains("N is 8, but the input has an attempt 19",
            Assert.Throws<InvalidDataException>(() => import.ReflectDit(import.At("released"), 8)).Message,
            StringComparison.Ordinal);
        var read = import.ReflectDit(import.At("released"), 30);
        Assert.All(read.Arms[0].Findings.Where(f => f.Kind == FindingKind.MixedN), f =>
            Assert.Contains("end without acceptance after", f.Message, StringComparison.Ordinal));
        Assert.Equal(30, read.Arms[0].N);
    }

    private static JsonArray Context(int attempt, string words) =>
        [new JsonObject { ["gen_idx"] = attempt, ["reason"] = words }];

    private static JsonNode? Few(int prompt, int attempt, JsonObject record) => prompt < 20 ? record : null;

    private static JsonObject AcceptedAndCorrect(JsonObject record)
    {
        (record["correct_verifier"], record["text_feedback_verifier"]) = (true, "");
        (record["correct"], record["reason"]) = (true, "");
        return record;
    }

    private static JsonObject With(JsonObject record, string key, JsonNode? value)
    {
        record[key] = value;
        return record;
    }
}

using System.Diagnostics;
using System.Text;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;
using SkiaSharp;

namespace ReflectDiT.Eval.Exchange.Tests;

/// <summary>Inputs that somebody else has made, with what is not in the published ones.</summary>
public class HostileImportTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const string Bench = "a photo of a bench";
    private const string Cow = "a photo of a cow";

    [Fact]
    public async Task Numbers_of_images_are_ranks_whatever_they_are()
    {
        await using var import = await TestImport.CreateAsync(server);
        var seeds = Results(import, "seeds", (Bench, "42"), (Bench, "1337"), (Cow, "42"), (Cow, "1337"));
        Assert.Equal(2, seeds.Arms[0].Replicates);
        Assert.DoesNotContain(seeds.Arms[0].Findings, f => f.Kind is FindingKind.Contradiction or FindingKind.MixedN);

        var own = Results(import, "own", (Bench, "7"), (Bench, "999999"), (Cow, "12345678901234567"), (Cow, "99999999999999999999999"));
        Assert.Equal(2, own.Arms[0].Replicates);
        Assert.Contains("those of each prompt are counted from 0", own.Only(FindingKind.Contradiction), StringComparison.Ordinal);
        Assert.All(own.Arms[0].Chains.Where(c => c.Attempts.Count > 0), c => Assert.InRange(c.Replicate, 0, 1));
        Assert.Equal(4, own.Arms[0].Chains.Count(c => c.Attempts.Count > 0));
    }

    [Theory]
    [InlineData("replicate", "1000000,2000000", 2)]
    [InlineData("replicate", "42,1337", 2)]
    public async Task Replicates_of_a_table_are_ranks_too(string column, string values, int replicates)
    {
        await using var import = await TestImport.CreateAsync(server);
        var read = import.Csv($"prompt,attempt,correct,{column}\n" + string.Concat(values.Split(',').Select(v => $"{Bench},0,true,{v}\n")));
        Assert.Equal(replicates, read.Arms[0].Replicates);
    }

    [Theory]
    [InlineData("n", "1000000000", "n: expected a whole number from 1 to 10000, found '1000000000'")]
    [InlineData("seed", "-1", "seed: expected a whole number from 0 to")]
    [InlineData("feedback", "no\0thing", "feedback: has the character U+0000")]
    [InlineData("judge_text", "\0", "judge_text: has the character U+0000")]
    public async Task A_cell_beyond_all_bounds_is_told_with_its_line(string column, string value, string message)
    {
        await using var import = await TestImport.CreateAsync(server);
        var read = import.Csv($"prompt,attempt,correct,accepted,{column}\n{Bench},0,true,true,\n{Cow},0,true,true,{value}\n");
        Assert.Contains($"attempts.csv:3: {message}", read.Only(FindingKind.Unreadable), StringComparison.Ordinal);
        await import.WriteAsync(read);
    }

    [Theory]
    [InlineData("a\u001b[31mb")]
    [InlineData("a\0b")]
    [InlineData("  \t")]
    public async Task A_name_of_an_arm_that_cannot_be_seen_is_refused_with_its_line(string name)
    {
        await using var import = await TestImport.CreateAsync(server);
        var refusal = Assert.Throws<RecordException>(() => import.Csv($"arm,prompt,attempt,correct\n{name},{Bench},0,true\n")).Finding;
        Assert.Equal((FindingKind.Unreadable, (int?)2), (refusal.Kind, refusal.Line));
        Assert.DoesNotContain(refusal.ToString(), char.IsControl);
    }

    [Fact]
    public async Task Cells_that_a_spreadsheet_would_run_come_back_as_they_were()
    {
        await using var import = await TestImport.CreateAsync(server);
        string[] words = ["=1+1", "+1", "-1 is missing", "@x", "'=1", "''+", "'tis", "\t=", "plain", "\uff1d1"];
        var line = AttemptsCsv.Line(["prompt", "attempt", "correct", "accepted", "feedback"]);
        var table = line + string.Concat(words.Select((w, i) => AttemptsCsv.Line([Bench, i, false, false, w])));
        Assert.DoesNotMatch("(^|[,\"\n])[=+@\t\uff1d]", table);
        Assert.Equal(words, import.Csv(table).Arms[0].Chains.Single(c => c.Attempts.Count > 0).Attempts.Select(a => a.Verdict!.Feedback));
    }

    [Theory]
    [InlineData("\"text_feedback_verifier\": \"a\\u0000b\"", "a string has the character U+0000: a\\u0000b")]
    [InlineData("\"text_feedback_verifier\": \"\\ud83d\"", "a string is not Unicode text")]
    [InlineData("\"\\ud83d\": 1", "a string is not Unicode text")]
    [InlineData("\"details\": \"{\\\"\\\\u0000\\\": []}\"", "a string has the character U+0000")]
    [InlineData("\"details\": \"{\\\"\\\\ud83d\\\": []}\"", "a string is not Unicode text")]
    public async Task Text_that_no_database_holds_is_told_with_its_file_and_the_rest_is_taken(string member, string message)
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = Tree(import, Bench, Cow);
        var bad = Path.Combine(root, "00001/samples/00000.png.feedback.json");
        await File.WriteAllTextAsync(bad, $"{{\"correct\": true, {member}}}");
        var read = import.ReflectDit(root);
        var finding = read.Only(FindingKind.Unreadable);
        Assert.StartsWith(bad, finding, StringComparison.Ordinal);
        Assert.Contains(message, finding, StringComparison.Ordinal);
        await import.WriteAsync(read); // findings are JSON, which holds as little
    }

    [Fact]
    public async Task A_number_that_no_chain_has_is_a_finding_and_no_chain_of_that_length()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = Tree(import, Bench, Cow);
        var bad = Path.Combine(root, "00001/samples/999999.png.feedback.json");
        await File.WriteAllTextAsync(bad, "{\"correct\": true}");
        var read = import.ReflectDit(root);
        Assert.Contains("999999.png.feedback.json: expected the number of an attempt, below 10000, found 999999", read.Only(FindingKind.Unreadable),
            StringComparison.Ordinal);
        Assert.InRange(read.Arms[0].N, 1, 10_000);
    }

    [Fact]
    public async Task No_link_is_followed_out_of_the_folder_or_in_it()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = Tree(import, Bench, Cow, "a photo of a cat", "a photo of a car", "a photo of a clock", "a photo of a cup");
        var secret = import.At("secret.png");
        await File.WriteAllBytesAsync(secret, TestImages.Encoded(SKEncodedImageFormat.Png));
        var secrets = Directory.CreateDirectory(import.At("secrets/samples")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(secrets, "00000.png"), TestImages.Encoded(SKEncodedImageFormat.Png, 5));
        await File.WriteAllTextAsync(Path.Combine(secrets, "00000.png.feedback.json"), "{\"correct\": true, \"prompt\": \"" + Cow + "\"}");

        File.CreateSymbolicLink(Path.Combine(root, "00000/samples/00000.png"), secret); // to a file
        Directory.CreateSymbolicLink(Path.Combine(root, "00009"), import.At("secrets")); // to a folder with records
        await File.WriteAllTextAsync(Path.Combine(root, "00001/samples/00000.png"), "root:x:0:0"); // no image
        await File.WriteAllBytesAsync(Path.Combine(root, "00002/samples/00000.png"), TestImages.Encoded(SKEncodedImageFormat.Png)[..^20]);
        await MakePipeAsync(Path.Combine(root, "00003/samples/00000.png"));
        await File.WriteAllBytesAsync(Path.Combine(root, "00004/samples/00000.png"), TestImages.Encoded(SKEncodedImageFormat.Png, 4));

        var read = import.ReflectDit(root);
        var (_, images, arms) = await import.WriteAsync(read, images: true);
        Assert.Equal(1, images);
        string[] findings = [.. arms[0].Findings.Select(f => $"{f.Kind} {f}")];
        foreach (var expected in new[]
        {
            "no-record {0}/00000/samples/00000.png: a link: it is not followed",
            "no-record {0}/00009: a link: it is not followed",
            "no-image {0}/00001/samples/00000.png: not imported: Not a readable image",
            "no-image {0}/00002/samples/00000.png: not imported: PNG of 3 x 2 pixels: cut off",
            "no-image {0}/00003/samples/00000.png: not imported: it is a pipe, not a file",
            "no-image {0}/00000/samples/00000.png.feedback.json: 2 records whose image is not there, this one first",
        })
        {
            var begin = string.Format(null, expected, root);
            Assert.Contains(findings, f => f.StartsWith(begin, StringComparison.Ordinal));
        }

        Assert.Single(read.Arms[0].Chains, c => c.Attempts.Count > 0 && c.Attempts[0].Prompt == Cow);
        await using var ledger = new LedgerContext(import.Session.Source);
        var image = await ledger.Attempts.Where(a => a.Image != null).Select(a => a.Image!).SingleAsync();
        Assert.Equal(TestImages.Encoded(SKEncodedImageFormat.Png, 4), await import.Session.Artifacts.ReadAsync(image, CancellationToken.None));
    }

    [Fact]
    public async Task A_link_that_takes_a_folders_place_after_it_was_listed_is_not_followed_either()
    {
        await using var import = await TestImport.CreateAsync(server);
        var root = Tree(import, Bench);
        await File.WriteAllBytesAsync(Path.Combine(root, "00000/samples/00000.png"), TestImages.Encoded(SKEncodedImageFormat.Png));
        var read = import.ReflectDit(root);
        Directory.Move(Path.Combine(root, "00000"), import.At("elsewhere"));
        Directory.CreateSymbolicLink(Path.Combine(root, "00000"), import.At("elsewhere"));
        var (_, images, arms) = await import.WriteAsync(read, images: true);
        Assert.Equal(0, images);
        Assert.Contains("not imported: it is reached through a link", arms[0].Only(FindingKind.NoImage), StringComparison.Ordinal);
    }

    /// <summary>Results of GenEval's scorer, read.</summary>
    private static SweepImport Results(TestImport import, string name, params (string Prompt, string Number)[] images)
    {
        var file = import.At($"{name}.jsonl");
        File.WriteAllLines(file, images.Select(i => $"{{\"filename\": \"x/{i.Number}.png\", \"prompt\": \"{i.Prompt}\", \"correct\": true}}"));
        return import.GenEval(file);
    }

    /// <summary>The folder of the released code with one record a prompt, and no image.</summary>
    private static string Tree(TestImport import, params string[] prompts)
    {
        var root = import.At("tree");
        foreach (var (index, prompt) in prompts.Index())
        {
            var samples = Directory.CreateDirectory(Path.Combine(root, $"{index:00000}/samples")).FullName;
            File.WriteAllText(Path.Combine(root, $"{index:00000}/metadata.jsonl"), $"{{\"prompt\": \"{prompt}\"}}");
            File.WriteAllText(Path.Combine(samples, "00000.png.feedback.json"), "{\"correct\": true}", new UTF8Encoding(false));
        }

        return root;
    }

    private static async Task MakePipeAsync(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync();
    }
}

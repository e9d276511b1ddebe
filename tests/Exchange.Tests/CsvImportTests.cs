using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Exchange.Tests;

public class CsvImportTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_table_of_two_arms_is_a_sweep_of_two_arms()
    {
        await using var import = await TestImport.CreateAsync(server);
        var results = await import.WriteAsync(import.Csv("""
            arm,prompt,attempt,correct,accepted,judge_score,feedback,shown,generator_seconds
            best,a photo of a bench,0,false,false,0.25,"no ""bench"", only
            grass",0,1.5
            best,a photo of a bench,1,true,false,0.5,none,1,
            best,a photo of a bench,2,false,false,0.125,none,1,
            other,a photo of a bench,0,1,,,,,
            """));
        Assert.Equal(["best", "other"], results.Arms.Select(a => a.Name));
        var chain = Assert.Single(results.Arms[0].Chains);
        Assert.Equal(1, chain.Shown);
        Assert.Equal([0d, 1, 1],
            [.. new[] { 1, 2, 3 }.Select(n => PromptScores.At(results.Arms[0], 553, n)[chain.Prompt]!.Value)]);
        Assert.Equal("no \"bench\", only\ngrass", chain.Attempts[0].Verdict!.Feedback);
        Assert.Equal((1.5, null, null), (chain.Attempts[0].Costs.GeneratorSeconds,
            chain.Attempts[1].Costs.GeneratorSeconds, chain.Attempts[0].Costs.JudgeTokens));
        Assert.Equal(552, results.Arms[0].Failed);
        Assert.Null(Assert.Single(results.Arms[1].Chains).Attempts[0].Verdict);
    }

    [Theory]
    [InlineData("prompt,attempt\n", "attempts.csv:1: no column correct; needed are prompt, attempt, correct")]
    [InlineData("prompt,attempt,correct,correct\n", "attempts.csv:1: the column correct is given twice")]
    [InlineData("prompt,attempt,correct\n\"a,0,true\n", "attempts.csv:2: a quote is opened and not closed")]
    [InlineData("prompt,attempt,correct\na \"b,0,true\n", "attempts.csv:2: a quote inside a field")]
    public async Task A_table_that_is_none_is_refused_with_file_and_line(string text, string message)
    {
        await using var import = await TestImport.CreateAsync(server);
        var finding = Assert.Throws<RecordException>(() => import.Csv(text)).Finding.ToString();
        Assert.Contains(message, finding, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a photo of a bench,1,perhaps,,", "attempts.csv:3: correct: expected true or false, found 'perhaps'")]
    [InlineData("a photo of a bench,-1,true,,",
        "attempts.csv:3: attempt: expected a whole number from 0 to 9999, found '-1'")]
    [InlineData("a photo of a bench,1,true,1.5,true",
        "attempts.csv:3: judge_score: expected a number from 0 to 1, found '1.5'")]
    [InlineData("a photo of a bench,1,true,0.5,",
        "attempts.csv:3: accepted: expected true or false beside the judge's other words, found nothing")]
    [InlineData("a photo of a bench,1,true", "attempts.csv:3: 3 fields, but 5 columns")]
    public async Task A_bad_line_is_reported_and_the_others_are_taken(string line, string message)
    {
        await using var import = await TestImport.CreateAsync(server);
        var read = import.Csv($"prompt,attempt,correct,judge_score,accepted\na photo of a bench,0,true,,\n{line}\n");
        Assert.EndsWith(message, read.Only(FindingKind.Unreadable), StringComparison.Ordinal);
    }
}

using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.CustomPrompts;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Benchmarks.Tests.CustomPrompts;

public sealed class PromptFileTests
{
    [Fact]
    public void Text_has_a_prompt_a_line_and_blank_lines_are_none() => Assert.Equal(
        ["""{"prompt":"a cat"}""", """{"prompt":"猫, \"two\" of them"}"""],
        Raw(PromptFile.Read("p.txt", "a cat \r\n\r\n  \n猫, \"two\" of them")));

    [Fact]
    public void Table_has_a_heading_and_what_it_says_besides_is_kept() => Assert.Equal(
        [
            """{"prompt":"a cat","tag":"animals","difficulty":"1"}""",
            """{"prompt":"a house, red","tag":"places","difficulty":""}""",
        ],
        Raw(PromptFile.Read("p.csv", "difficulty,prompt,stratum\r\n1,a cat,animals\r\n,\"a house, red\",places\r\n")));

    [Fact]
    public void Lines_of_json_keep_what_they_say_besides_with_its_types() => Assert.Equal(
        ["""{"prompt":"a cat","tag":"single_object","include":[{"class":"cat","count":1}],"n":2.50}"""],
        Raw(PromptFile.Read("p.jsonl", """{"tag": "single_object", "include": [{"class":"cat","count":1}], "prompt": "a cat", "n": 2.50}""")));

    [Fact]
    public void Another_column_can_hold_the_text_and_another_the_stratum() => Assert.Equal(
        ["""{"prompt":"a cat","tag":"3"}"""], Raw(PromptFile.Read("p.csv", "Text,Level\na cat,3\n", "Text", "Level")));

    [Fact]
    public void Partiprompts_are_tabs_and_no_quotes() => Assert.Equal(
        [
            """{"prompt":"a \"cat\", 5\"","tag":"Animals","Challenge":"Basic","Note":""}""",
            """{"prompt":"\"a dog","tag":"Animals","Challenge":"Writing & Symbols","Note":"n"}""",
        ],
        Raw(PromptFile.Read("p.tsv", "Prompt\tCategory\tChallenge\tNote\r\na \"cat\", 5\"\tAnimals\tBasic\t\r\n\"a dog\tAnimals\tWriting & Symbols\tn\n", "Prompt", "Category")));

    [Theory]
    [InlineData("p.txt", "", "p.txt: expected 1 to 100000 prompts, found none")]
    [InlineData("p.docx", "a cat", "p.docx: '.docx' is not a known kind of prompt file; expected .txt, .csv, .tsv or .jsonl")]
    [InlineData("p.txt", "a cat\n\na dog\na cat\n", "p.txt:4: this repeats the prompt of line 1: each prompt may be given once")]
    [InlineData("p.txt", "a cat\na \u0007dog", "p.txt:2: prompt: expected a text of one line, found \"a \\u0007dog\"")]
    [InlineData("p.csv", "prompt,stratum\na cat,x\na dog\n", "p.csv:3: 1 fields, but 2 columns")]
    [InlineData("p.csv", "prompt,prompt\na cat,x\n", "p.csv:1: the column 'prompt' is given twice")]
    [InlineData("p.csv", "text\na cat\n", "p.csv:2: no 'prompt'; there are: text")]
    [InlineData("p.csv", "prompt,stratum\na cat,\n", "p.csv:2: stratum: expected a text of one line, found \"\"")]
    [InlineData("p.csv", "prompt\n\"a cat\n", "p.csv:2: a quote is opened and not closed")]
    [InlineData("p.csv", "prompt\n\"a\nb\"\n", "p.csv:2: prompt: expected a text of one line, found \"a\\nb\"")]
    [InlineData("p.csv", "prompt,stratum\na cat,mean_over_prompts\n", "p.csv:2: a stratum cannot be called 'mean_over_prompts': that is the name of a mean")]
    [InlineData("p.jsonl", "{\"prompt\": \"a cat\"}\n[]\n", "p.jsonl:2: line: expected a JSON object, found []")]
    [InlineData("p.jsonl", "{\"prompt\": 3}\n", "p.jsonl:1: prompt: expected a text of one line, found 3")]
    [InlineData("p.jsonl", "{\"prompt\": \"a\", \"prompt\": \"b\"}\n", "p.jsonl:1: expected a JSON object: the key 'prompt' is given twice")]
    [InlineData("p.jsonl", "{\"prompt\": \"\\ud83d\"}\n", "p.jsonl:1: a string is not Unicode text: it has half of a pair such as \\ud83d\\ude00")]
    [InlineData("p.jsonl", "{\"prompt\": \"a\", \"tag\": \"x\"}\n{\"prompt\": \"b\"}\n", "p.jsonl:2: no 'tag'; there are: prompt")]
    public void What_is_wrong_is_said_with_its_line(string file, string text, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => PromptFile.Read(file, text)).Message);

    [Fact]
    public void More_strata_than_a_table_has_room_for_are_refused_at_the_first_too_many()
    {
        var table = "prompt,stratum\n" + string.Concat(Enumerable.Range(0, 101).Select(i => $"p{i},s{i}\n"));
        Assert.StartsWith(
            "p.csv:102: 's100' is one stratum too many",
            Assert.Throws<InvalidDataException>(() => PromptFile.Read("p.csv", table)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Geneval_s_own_file_gives_its_prompts_and_categories()
    {
        var geneval = new Benchmarks.GenEval.GenEvalBenchmark(43, 100);
        var lines = string.Join('\n', geneval.Prompts.Select(p => p.Metadata));
        var custom = BenchmarkCatalog.Open(PromptsBenchmark.Configuration(PromptFile.Read("evaluation_metadata.jsonl", lines)));
        Assert.Equal(geneval.Prompts.Select(p => (p.Stratum, p.Text)), custom.Prompts.Select(p => (p.Stratum, p.Text)));
        Assert.Equal(geneval.Tables.Metrics.Select(m => m.Id), custom.Tables.Metrics.Select(m => m.Id));
    }

    [Fact]
    public void Prompts_of_one_kind_have_one_mean() => Assert.Equal(
        [Metric.MeanOverPrompts],
        BenchmarkCatalog.Open(PromptsBenchmark.Configuration(PromptFile.Read("p.txt", "a cat\na dog"))).Tables.Metrics);

    private static IEnumerable<string> Raw(IReadOnlyList<JsonElement> prompts) => prompts.Select(p => p.GetRawText());
}

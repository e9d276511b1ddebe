using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.CustomPrompts;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.Tests.CustomPrompts;

public sealed class PromptsInStrataCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } = PromptsBenchmark.Configuration(PromptFile.Read(
        "p.csv", "prompt,stratum\na cat,animals\na red house,places\n\"a \"\"great\"\" dog\",animals\n猫がいる,動物\n"));

    protected override ScorerConfiguration Scorer { get; } = JudgedBy.Simulated;
}

public sealed class PromptsOfOneKindCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } =
        PromptsBenchmark.Configuration(PromptFile.Read("p.txt", "a cat\na dog\n"));

    protected override ScorerConfiguration Scorer { get; } = JudgedBy.Simulated;
}

/// <summary>GenEval++'s form: GenEval's clauses with a region and a size.</summary>
public sealed class ChecklistCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } = PromptsBenchmark.Configuration(PromptFile.Read("p.jsonl", """
        {"tag": "multi", "include": [{"class": "dog", "count": 2, "color": "red", "region": "left", "size": "large"}, {"class": "cat", "count": 1, "position": ["left of", 0]}], "exclude": [{"class": "dog", "count": 3}], "prompt": "two red dogs"}
        {"tag": "none", "prompt": "a scene"}
        """));

    protected override ScorerConfiguration Scorer { get; } =
        PromptsBenchmark.ScoredBy(new(ModelConfiguration.Simulated, JsonSerializer.SerializeToElement(new { model = "any" })), checklist: true);

    [Fact]
    public void The_judge_is_given_each_clause_below_the_prompt_and_the_prompt_alone_where_there_is_none()
    {
        var scorer = (IJudgeScorer)BenchmarkCatalog.Open(Configuration).Scorer(Scorer);
        Assert.Equal(
            """
            two red dogs

            All of this must hold:
            - dog; exactly 2 of it; color: red; in this part of the image: left; size: large
            - cat; exactly 1 of it; left of the object number 0, counted from 0
            - dog; fewer than 3 of it
            """,
            scorer.Asked(0, "two red dogs"));
        Assert.Equal("a scene", scorer.Asked(1, "a scene"));
        Assert.Equal("""{"checklist":true}""", scorer.Options);
        Assert.Equal("two red dogs", ((IJudgeScorer)BenchmarkCatalog.Open(Configuration).Scorer(JudgedBy.Simulated)).Asked(0, "two red dogs"));
    }
}

internal static class JudgedBy
{
    public static ScorerConfiguration Simulated { get; } = PromptsBenchmark.ScoredBy(
        new(ModelConfiguration.Simulated, JsonSerializer.SerializeToElement(new { model = "any" })));
}

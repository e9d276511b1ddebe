using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;

namespace ReflectDiT.Eval.Runner.Tests;

public class SweepPlannerTests
{
    private static readonly IReadOnlyList<BenchmarkPrompt> Prompts = new GenEvalBenchmark(43, 100).Prompts;

    [Fact]
    public void A_limit_takes_prompts_in_turn_from_each_category()
    {
        var tags = SweepPlanner.Select(Prompts, null, 12).Select(i => Prompts[i].Stratum).CountBy(t => t).ToDictionary();
        Assert.Equal(Categories.All.ToDictionary(c => c, _ => 2), tags);
    }

    [Fact]
    public void A_larger_limit_takes_the_same_prompts_and_more()
    {
        var ten = SweepPlanner.Select(Prompts, null, 10);
        Assert.Equal(ten, SweepPlanner.Select(Prompts, null, 100).Take(10));
    }

    [Fact]
    public void Without_a_limit_every_prompt_of_the_category_or_of_all_is_taken_once()
    {
        Assert.Equal(Enumerable.Range(0, 553), SweepPlanner.Select(Prompts, null, null).Order());
        Assert.Equal(80, SweepPlanner.Select(Prompts, Categories.Counting, null).Count);
        Assert.All(SweepPlanner.Select(Prompts, Categories.Counting, 5), i => Assert.Equal(Categories.Counting, Prompts[i].Stratum));
    }
}

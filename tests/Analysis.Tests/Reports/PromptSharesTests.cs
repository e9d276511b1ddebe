using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Analysis.Tests.Reports.Sweeps;

namespace ReflectDiT.Eval.Analysis.Tests.Reports;

/// <summary>What is shown after at most N tries.</summary>
public sealed class PromptScoresTests
{
    [Fact]
    public void First_accept_shows_the_latest_until_one_is_accepted_so_its_curve_can_go_down()
    {
        var chain = Chain(0, 3, Attempt("C"), Attempt(""), Attempt(""), Attempt("+C"));
        Assert.Equal([1, 0, 0, 1, 1], Curve(new BestOfN(20, Selector.FirstAccept), chain, 5));
    }

    [Fact]
    public void Chain_that_stopped_keeps_the_image_that_it_shows()
    {
        var chain = Chain(0, 1, Attempt("C"), Attempt("+"));
        Assert.Equal([1, 0, 0, 0], Curve(Reflection20, chain, 4));
    }

    [Fact]
    public void Judge_score_shows_the_highest_so_far()
    {
        var chain = Chain(0, 1, Attempt("", 0.4), Attempt("C", 0.9), Attempt("", 0.8), Attempt("", 0.1));
        Assert.Equal([0, 1, 1, 1], Curve(new BestOfN(4, Selector.JudgeScore), chain, 4));
    }

    [Fact]
    public void Reflection_without_acceptance_shows_the_last_in_paper_mode_and_the_best_in_clean_mode()
    {
        var attempts = new[] { Attempt("", 0.1), Attempt("C", 0.9), Attempt("", 0.2) };
        Assert.Equal([0, 1, 0], Curve(new Reflection(3, 3, ReflectionQuirks.Paper), Chain(0, 2, attempts), 3));
        Assert.Equal([0, 1, 1], Curve(new Reflection(3, 3, ReflectionQuirks.Clean), Chain(0, 1, attempts), 3));
    }

    [Fact]
    public void Oracle_shows_the_first_correct()
    {
        var chain = Chain(0, 1, Attempt("+"), Attempt("C"), Attempt("+"), Attempt(""));
        Assert.Equal([0, 1, 1, 1], Curve(new BestOfN(4, Selector.Oracle), chain, 4));
    }

    [Fact]
    public void Replicates_are_averaged_inside_their_prompt_and_a_prompt_without_chain_has_no_value()
    {
        var arm = new ArmResults(
            "a", false, null, BestOf20,
            [Chain(2, 0, Attempt("+C")), Chain(0, 0, Attempt("+C")), Chain(0, 0, Attempt("+")) with { Replicate = 1 }],
            0, 0);
        Assert.Equal([0.5, null, 1], PromptScores.At(arm, 3, 1));
    }

    private static IEnumerable<int> Curve(IStrategy strategy, ChainResult chain, int most) =>
        Enumerable.Range(1, most).Select(n =>
            (int)PromptScores.At(new ArmResults("a", false, null, strategy, [chain], 0, 0), 1, n)[0]!.Value);
}

using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Core.Tests.Strategies.Histories;

namespace ReflectDiT.Eval.Core.Tests.Strategies;

public class BestOfNTests
{
    [Fact]
    public void First_accept_shows_the_accepted_image_or_else_the_last()
    {
        var strategy = new BestOfN(3, Selector.FirstAccept);
        Assert.Equal(1, strategy.Shown([Rejected("a"), Accepted()]));
        Assert.Equal(2, strategy.Shown([Rejected("a", 0.4), Rejected("b", 0.3), Rejected("c", 0.2)]));
    }

    [Fact]
    public void Judge_score_shows_the_highest_and_the_earliest_of_equals() => Assert.Equal(
        1, new BestOfN(4, Selector.JudgeScore).Shown([Rejected("a", 0.3), Accepted(0.8), Accepted(0.8), Accepted(0.6)]));

    [Fact]
    public void Pairwise_prefers_any_yes_then_the_higher_yes_score()
    {
        // The judge's text may say yes although its score is below that of an image it refused.
        var yes = Rejected("", 0.3) with { Verdict = new(true, 0.3, 0.1, "") };
        var surerYes = yes with { Verdict = new(true, 0.35, 0.6, "") };
        var no = Rejected("a", 0.9) with { Verdict = new(false, 0.9, 0.2, "a") };
        Assert.Equal(2, new BestOfN(3, Selector.Pairwise).Shown([no, yes, surerYes]));
    }

    [Fact]
    public void Pairwise_prefers_the_lower_no_score_among_rejections()
    {
        var sure = Rejected("a") with { Verdict = new(false, 0.4, 0.9, "a") };
        var unsure = Rejected("a") with { Verdict = new(false, 0.1, 0.6, "a") };
        Assert.Equal(1, new BestOfN(2, Selector.Pairwise).Shown([sure, unsure]));
    }

    [Fact]
    public void Oracle_shows_the_first_correct_image_or_else_the_last()
    {
        var strategy = new BestOfN(3, Selector.Oracle);
        Assert.True(strategy.IsOracle);
        Assert.Equal(1, strategy.Shown([Rejected("a"), Rejected("b", correct: true), Accepted()]));
        Assert.Equal(1, strategy.Shown([Rejected("a"), Rejected("b")]));
    }

    [Fact]
    public void Oracle_refuses_a_history_without_the_scorers_verdict()
    {
        var blind = Rejected("a") with { Score = null };
        Assert.Throws<InvalidOperationException>(() => new BestOfN(3, Selector.Oracle).Shown([blind]));
    }
}

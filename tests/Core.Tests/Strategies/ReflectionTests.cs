using ReflectDiT.Eval.Core.Strategies;
using static ReflectDiT.Eval.Core.Tests.Strategies.Histories;

namespace ReflectDiT.Eval.Core.Tests.Strategies;

public class ReflectionTests
{
    private static readonly PastAttempt[] FiveOfTwoKinds =
        [Rejected("a"), Rejected("a"), Rejected("b"), Rejected("a"), Rejected("b")];

    [Fact]
    public void The_first_attempt_has_no_context() =>
        Assert.Empty(Draw(ReflectionQuirks.Paper, []));

    [Fact]
    public void Up_to_K_failures_are_all_in_context_in_order_with_repeated_feedback() =>
        Assert.Equal([0, 1, 2], Draw(ReflectionQuirks.Paper, FiveOfTwoKinds[..3]).Select(i => i.Attempt));

    [Fact]
    public void Random_context_draws_K_of_the_distinct_feedbacks_uniformly_and_in_random_order()
    {
        PastAttempt[] history = [Rejected("a"), Rejected("b"), Rejected("c"), Rejected("d"), Rejected("a")];
        var orders = Enumerable.Range(0, 4800)
            .Select(seed => string.Join(',', Draw(ReflectionQuirks.Paper, history, seed).Select(i => i.Attempt)))
            .CountBy(order => order)
            .ToDictionary();

        // 4 * 3 * 2 ordered picks, 200 expected of each; 5 standard deviations are 69.
        Assert.Equal(24, orders.Count);
        Assert.All(orders.Values, count => Assert.InRange(count, 131, 269));
    }

    [Fact]
    public void Without_random_context_the_latest_distinct_failures_come_in_the_order_drawn()
    {
        PastAttempt[] history = [Rejected("a"), Rejected("b"), Rejected("c"), Rejected("d"), Rejected("a")];
        Assert.Equal([1, 2, 3], Draw(ReflectionQuirks.Clean, history).Select(i => i.Attempt));
    }

    [Fact]
    public void Shrinking_context_keeps_the_earliest_image_of_each_feedback_and_may_be_short_of_K()
    {
        var context = Draw(ReflectionQuirks.Paper, FiveOfTwoKinds);
        Assert.Equal([0, 2], context.Select(i => i.Attempt).Order());
    }

    [Fact]
    public void Without_shrinking_the_latest_others_fill_the_context()
    {
        var context = Draw(ReflectionQuirks.Clean, FiveOfTwoKinds);
        Assert.Equal([0, 2, 4], context.Select(i => i.Attempt));
    }

    [Fact]
    public void Empty_feedback_enters_the_context_only_under_its_switch()
    {
        PastAttempt[] history = [Rejected(""), Rejected("a")];
        Assert.Equal([0, 1], Draw(ReflectionQuirks.Paper, history).Select(i => i.Attempt));
        Assert.Equal([1], Draw(ReflectionQuirks.Clean, history).Select(i => i.Attempt));
    }

    [Fact]
    public void An_exhausted_chain_shows_the_last_image_or_without_that_quirk_the_judges_best()
    {
        PastAttempt[] history = [Rejected("a", 0.2), Rejected("b", 0.4), Rejected("c", 0.3)];
        Assert.Equal(new Step.Stop(2), Next(ReflectionQuirks.Paper, history, n: 3));
        Assert.Equal(new Step.Stop(1), Next(ReflectionQuirks.Clean, history, n: 3));
    }

    [Fact]
    public void The_replay_leak_puts_the_scorers_words_into_the_context_and_makes_an_oracle()
    {
        var leaking = ReflectionQuirks.Paper with { ReplayLeak = true };
        Assert.Equal(
            [new ContextItem(0, FeedbackSource.Scorer, "expected cat>=1, found 0")],
            Draw(leaking, [Rejected("no dog")]));
        Assert.True(new Reflection(3, 3, leaking).IsOracle);
        Assert.False(new Reflection(3, 3, ReflectionQuirks.Paper).IsOracle);
        Assert.False(new Reflection(3, 3, ReflectionQuirks.Clean).IsOracle);
    }

    private static IReadOnlyList<ContextItem> Draw(ReflectionQuirks quirks, PastAttempt[] history, long seed = 0) =>
        Assert.IsType<Step.Draw>(Next(quirks, history, n: 20, seed)).Proposals.Single().Context;

    private static Step Next(ReflectionQuirks quirks, PastAttempt[] history, int n, long seed = 0) =>
        new Reflection(n, 3, quirks).Next(history, Seeds(seed));
}

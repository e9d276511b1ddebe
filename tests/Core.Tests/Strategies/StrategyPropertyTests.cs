using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Core.Tests.Strategies;

public class StrategyPropertyTests
{
    private static readonly Arbitrary<(IStrategy Strategy, PastAttempt[] Opinions, long Seed)> AnyChain = (
        from strategy in Histories.AnyStrategy
        from opinions in Histories.Opinions
        from seed in Gen.Choose(0, int.MaxValue)
        select (strategy, opinions, (long)seed)).ToArbitrary();

    [Fact]
    public void The_same_history_gives_the_same_step() => Check((strategy, opinions, seed) =>
    {
        var first = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        var again = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        Assert.Equal(first.Contexts, again.Contexts);
        Assert.Equal(first.End, again.End);
    });

    [Fact]
    public void A_chain_never_has_more_than_N_attempts_and_shows_one_of_them() => Check((strategy, opinions, seed) =>
    {
        var (history, _, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        Assert.InRange(history.Count, 1, strategy.MaxAttempts);
        Assert.InRange(end.Shown, 0, history.Count - 1);
        Assert.Equal(strategy.Shown(history), end.Shown);
    });

    [Fact]
    public void A_context_holds_only_earlier_rejected_attempts_each_once() => Check((strategy, opinions, seed) =>
    {
        var (history, contexts, _) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        for (var attempt = 0; attempt < contexts.Count; attempt++)
        {
            Assert.All(contexts[attempt], item =>
            {
                Assert.InRange(item.Attempt, 0, attempt - 1);
                Assert.False(history[item.Attempt].Verdict.Accepted);
            });
            Assert.Equal(contexts[attempt].Count, contexts[attempt].DistinctBy(i => i.Attempt).Count());
        }
    });

    [Fact]
    public void Context_items_carry_the_words_that_were_said_of_their_attempt() => Check((strategy, opinions, seed) =>
    {
        var (history, contexts, _) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        Assert.All(contexts.SelectMany(c => c), item => Assert.Equal(
            item.Source is FeedbackSource.Judge
                ? history[item.Attempt].Verdict.Feedback
                : history[item.Attempt].Score!.Feedback,
            item.Feedback));
        Assert.All(contexts.SelectMany(c => c), item => Assert.Equal(strategy.IsOracle, item.Source is FeedbackSource.Scorer));
    });

    [Fact]
    public void Nothing_is_drawn_after_an_acceptance_where_the_first_acceptance_ends_the_chain() => Check((strategy, opinions, seed) =>
    {
        var (history, _, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        if (strategy is Reflection or BestOfN { Selector: Selector.FirstAccept })
        {
            Assert.All(history.SkipLast(1), a => Assert.False(a.Verdict.Accepted));
            if (history[^1].Verdict.Accepted)
            {
                Assert.Equal(history.Count - 1, end.Shown);
            }
            else
            {
                Assert.Equal(strategy.MaxAttempts, history.Count);
            }
        }
        else
        {
            Assert.Equal(strategy.MaxAttempts, history.Count);
        }
    });

    [Fact]
    public void A_strategy_that_is_no_oracle_does_the_same_whatever_the_scorer_says() => Check((strategy, opinions, seed) =>
    {
        if (!strategy.IsOracle)
        {
            var blind = opinions.Select(o => o with { Score = null }).ToArray();
            var seen = Histories.Run(strategy, Histories.Seeds(seed), opinions);
            var unseen = Histories.Run(strategy, Histories.Seeds(seed), blind);
            Assert.Equal(seen.Contexts, unseen.Contexts);
            Assert.Equal(seen.End, unseen.End);
        }
    });

    private static void Check(Action<IStrategy, PastAttempt[], long> holds) =>
        Prop.ForAll(AnyChain, chain => holds(chain.Strategy, chain.Opinions, chain.Seed))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}

using System.Reflection;
using System.Text.Json.Serialization;
using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Core.Tests.Strategies;

/// <summary>What every strategy holds to: a new one passes this, with one class that says how to make any of its kind.</summary>
public abstract class StrategyCompliance
{
    public abstract Gen<IStrategy> Strategies { get; }

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

    [Fact]
    public void A_chain_that_goes_on_from_wherever_it_stands_does_what_it_would_have_done() => Check((strategy, opinions, seed) =>
    {
        var (history, contexts, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        for (var stood = 0; stood < history.Count; stood++)
        {
            Assert.Equal(contexts[stood], Assert.IsType<Step.Draw>(strategy.Next(history[..stood], Histories.Seeds(seed))).Context);
        }

        Assert.Equal(end, strategy.Next(history, Histories.Seeds(seed)));
    });

    [Fact]
    public void What_a_sweep_records_is_the_same_strategy_again() => Check((strategy, _, _) =>
    {
        var elsewhere = ModelConfiguration.RanElsewhere;
        var sweep = new SweepConfiguration("any", new("any"), 0, 1, null, [new("arm", null, elsewhere, elsewhere, strategy)]);
        Assert.Equal(strategy, SweepConfiguration.FromJson(sweep.ToJson()).Arms[0].Strategy);
    });

    protected void Check(Action<IStrategy, PastAttempt[], long> holds) => Prop.ForAll(
        (from strategy in Strategies
         from opinions in Histories.Opinions
         from seed in Gen.Choose(0, int.MaxValue)
         select (strategy, opinions, seed)).ToArbitrary(),
        chain => holds(chain.strategy, chain.opinions, chain.seed)).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}

public sealed class BestOfNCompliance : StrategyCompliance
{
    public override Gen<IStrategy> Strategies => Histories.AnyBestOfN;

    [Fact]
    public void Nothing_is_drawn_after_an_acceptance_where_the_first_acceptance_ends_the_chain() => Check((strategy, opinions, seed) =>
    {
        var (history, _, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        if (strategy is BestOfN { DrawsAll: false })
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
}

public sealed class ReflectionCompliance : StrategyCompliance
{
    public override Gen<IStrategy> Strategies => Histories.AnyReflection;

    [Fact]
    public void Nothing_is_drawn_after_an_acceptance() => Check((strategy, opinions, seed) =>
    {
        var (history, _, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        Assert.All(history.SkipLast(1), a => Assert.False(a.Verdict.Accepted));
        Assert.Equal(history[^1].Verdict.Accepted ? history.Count : strategy.MaxAttempts, history.Count);
        Assert.True(!history[^1].Verdict.Accepted || end.Shown == history.Count - 1);
    });
}

public sealed class StrategyTests
{
    /// <summary>All but that of imported arms, which draws nothing.</summary>
    [Fact]
    public void Every_strategy_passes_the_compliance_suite() => Assert.Equal(
        typeof(IStrategy).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(a => a.DerivedType.Name)
            .Except([nameof(Recorded)]).Order(),
        typeof(StrategyCompliance).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(StrategyCompliance)))
            .Select(t => ((StrategyCompliance)Activator.CreateInstance(t)!).Strategies.Sample(1, 1)[0].GetType().Name).Order());
}

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
        var (history, steps, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        Assert.InRange(history.Count, 1, strategy.MaxAttempts);
        Assert.Equal(steps, steps.Distinct());
        Assert.InRange(end.Shown, 0, history.Count - 1);
        Assert.Equal(strategy.Shown(history), end.Shown);
    });

    [Fact]
    public void A_context_holds_only_rejected_attempts_of_steps_before_each_once() => Check((strategy, opinions, seed) =>
    {
        var (history, steps, _) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        for (var attempt = 0; attempt < history.Count; attempt++)
        {
            var step = steps.Last(first => first <= attempt);
            Assert.All(history[attempt].Context, item =>
            {
                Assert.InRange(item.Attempt, 0, step - 1);
                Assert.False(history[item.Attempt].Verdict.Accepted);
            });
            Assert.Equal(history[attempt].Context.Count, history[attempt].Context.DistinctBy(i => i.Attempt).Count());
        }
    });

    [Fact]
    public void Context_items_carry_the_words_that_were_said_of_their_attempt() => Check((strategy, opinions, seed) =>
    {
        var run = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        var (history, items) = (run.History, run.Contexts.SelectMany(c => c).ToList());
        Assert.All(items, item => Assert.Equal(
            item.Source is FeedbackSource.Judge
                ? history[item.Attempt].Verdict.Feedback
                : history[item.Attempt].Score!.Feedback,
            item.Feedback));
        Assert.All(items, item => Assert.Equal(strategy.IsOracle, item.Source is FeedbackSource.Scorer));
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
    public void A_chain_that_goes_on_from_any_whole_step_does_what_it_would_have_done() => Check((strategy, opinions, seed) =>
    {
        var (history, steps, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        foreach (var (first, next) in steps.Zip([.. steps.Skip(1), history.Count]))
        {
            Assert.Equal(
                history[first..next].Select(a => a.Context),
                Assert.IsType<Step.Draw>(strategy.Next(history[..first], Histories.Seeds(seed))).Proposals.Select(p => p.Context));
        }

        Assert.Equal(end, strategy.Next(history, Histories.Seeds(seed)));
    });

    [Fact]
    public void A_run_with_a_smaller_N_draws_the_first_attempts_of_one_with_a_larger() => Check((strategy, opinions, seed) =>
    {
        var whole = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        for (var n = 1; n < strategy.MaxAttempts; n++)
        {
            var shorter = Histories.Run(WithN(strategy, n), Histories.Seeds(seed), opinions);
            Assert.Equal(whole.Contexts.Take(n), shorter.Contexts);
            Assert.Equal(strategy.Shown([.. whole.History.Take(n)]), shorter.End.Shown);
        }
    });

    [Fact]
    public void An_order_of_preference_shows_what_the_strategy_shows_of_any_attempts() => Check((strategy, opinions, _) =>
    {
        if (strategy.DrawsAll)
        {
            var ranked = strategy.Ranked(opinions);
            for (var k = 1; k <= opinions.Length; k++)
            {
                var shown = opinions[strategy.Shown([.. opinions.Take(k)])];
                var first = opinions[ranked.First(i => i < k)];
                Assert.Equal(Measure(shown), Measure(first));
            }
        }

        double? Measure(PastAttempt attempt) => strategy.IsOracle ? attempt.Score!.Value : attempt.Verdict.Score;
    });

    private static IStrategy WithN(IStrategy strategy, int n) => strategy switch
    {
        BestOfN best => best with { MaxAttempts = n },
        Reflection reflection => reflection with { MaxAttempts = n },
        BeamReflection beam => beam with { MaxAttempts = n },
        _ => throw new NotSupportedException($"{strategy.GetType().Name} has no N here."),
    };

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

public sealed class BeamReflectionCompliance : StrategyCompliance
{
    public override Gen<IStrategy> Strategies => Histories.AnyBeamReflection;

    [Fact]
    public void No_step_follows_one_with_an_acceptance_and_each_has_its_width() => Check((strategy, opinions, seed) =>
    {
        var beam = (BeamReflection)strategy;
        var (history, steps, end) = Histories.Run(strategy, Histories.Seeds(seed), opinions);
        Assert.All(history.Take(steps[^1]), a => Assert.False(a.Verdict.Accepted));
        Assert.Equal(history.Any(a => a.Verdict.Accepted) ? history.Count : beam.MaxAttempts, history.Count);
        Assert.Equal(history.Any(a => a.Verdict.Accepted), history[end.Shown].Verdict.Accepted);
        Assert.All(steps.SkipLast(1).Index(), step => Assert.Equal(step.Index * beam.Width, step.Item));
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

using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Core.Tests.Strategies;

public sealed class BeamReflectionTests
{
    private static readonly Seeds Seeds = Histories.Seeds(1);

    [Fact]
    public void The_first_step_draws_its_width_without_context_and_never_more_than_N()
    {
        Assert.Equal([[], [], []], Contexts(new BeamReflection(8, 3, 2), []));
        Assert.Equal([[], []], Contexts(new BeamReflection(2, 3, 2), []));
    }

    [Fact]
    public void Each_next_step_goes_on_from_the_images_that_the_judge_likes_best()
    {
        List<PastAttempt> history = [Histories.Rejected("a", 0.1), Histories.Rejected("b", 0.4), Histories.Rejected("c", 0.3)];

        Assert.Equal([[Judged(1, "b")], [Judged(2, "c")]], Contexts(new BeamReflection(8, 2, 2), history));
    }

    [Fact]
    public void An_image_sees_its_parent_and_that_ones_latest_ancestors()
    {
        var beam = new BeamReflection(20, 2, 2);
        List<PastAttempt> history = [Histories.Rejected("a", 0.2), Histories.Rejected("b", 0.1)];
        Draw("c", 0.4, "d", 0.3);
        Draw("e", 0.6, "f", 0.5);

        // e (4) came from c (2), the best of the step before, and c from a (0); f (5) from d (3), and d from b (1).
        Assert.Equal([[Judged(2, "c"), Judged(4, "e")], [Judged(3, "d"), Judged(5, "f")]], Contexts(beam, history));
        Assert.Equal([Judged(0, "a"), Judged(2, "c"), Judged(4, "e")], Contexts(beam with { ContextSize = 3 }, history)[0]);

        void Draw(string first, double score, string second, double other)
        {
            var contexts = Contexts(beam with { ContextSize = 3 }, history);
            history.Add(Histories.Rejected(first, score) with { Context = contexts[0] });
            history.Add(Histories.Rejected(second, other) with { Context = contexts[1] });
        }
    }

    [Fact]
    public void A_parent_that_is_better_than_its_child_is_gone_on_from_again()
    {
        var child = Histories.Rejected("b", 0.1) with { Context = [Judged(0, "a")] };

        Assert.Equal([[Judged(0, "a")]], Contexts(new BeamReflection(8, 1, 3), [Histories.Rejected("a", 0.4), child]));
    }

    [Fact]
    public void Of_several_accepted_images_the_one_with_the_highest_score_is_shown()
    {
        List<PastAttempt> history = [Histories.Accepted(0.6), Histories.Rejected("a", 0.9), Histories.Accepted(0.8)];

        Assert.Equal(new Step.Stop(2), new BeamReflection(8, 3, 3).Next(history, Seeds));
    }

    private static List<IReadOnlyList<ContextItem>> Contexts(BeamReflection beam, List<PastAttempt> history) =>
        [.. Assert.IsType<Step.Draw>(beam.Next(history, Seeds)).Proposals.Select(p => p.Context)];

    private static ContextItem Judged(int attempt, string feedback) => new(attempt, FeedbackSource.Judge, feedback);
}

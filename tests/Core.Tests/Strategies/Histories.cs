using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Core.Tests.Strategies;

/// <summary>Makes strategies and what a judge and a scorer might say of the attempts of a chain.</summary>
internal static class Histories
{
    /// <summary>Few feedbacks, so that repetitions are common; one is empty.</summary>
    private static readonly string[] Feedbacks = ["", "no cat", "two cats", "red cat", "cat left of dog"];

    public static PastAttempt Accepted(double score = 0.9) => new(new(true, score, 1 - score, ""), Score.OfPass(true, "", null));

    public static PastAttempt Rejected(string feedback, double score = 0.1, bool correct = false) =>
        new(new(false, score, 1 - score, feedback), Score.OfPass(correct, correct ? "" : "expected cat>=1, found 0\nexpected dog>=1, found 0", null));

    public static Seeds Seeds(long sweep) => new(sweep, "a photo of a cat", 0);

    public static Gen<IStrategy> AnyBestOfN { get; } =
        from n in Gen.Choose(1, 12)
        from selector in Gen.Elements(Enum.GetValues<Selector>())
        select (IStrategy)new BestOfN(n, selector);

    public static Gen<IStrategy> AnyReflection { get; } =
        from n in Gen.Choose(1, 12)
        from k in Gen.Choose(1, 5)
        from switches in Gen.Choose(0, 31)
        select (IStrategy)new Reflection(n, k, new()
        {
            RandomContext = (switches & 1) != 0,
            ShrinkingContext = (switches & 2) != 0,
            EmptyFeedback = (switches & 4) != 0,
            ShowLast = (switches & 8) != 0,
            ReplayLeak = (switches & 16) != 0,
        });

    public static Gen<IStrategy> AnyBeamReflection { get; } =
        from n in Gen.Choose(1, 12)
        from width in Gen.Choose(1, 5)
        from k in Gen.Choose(1, 5)
        select (IStrategy)new BeamReflection(n, width, k);

    /// <summary>One opinion for each attempt that a chain might draw.</summary>
    public static Gen<PastAttempt[]> Opinions { get; } = (
        from roll in Gen.Choose(0, 9)
        from feedback in Gen.Elements(Feedbacks)
        from score in Gen.Choose(0, 100)
        from correct in Gen.Elements(true, false)
        select roll == 0
            ? Accepted((50 + (score / 2)) / 100.0)
            : Rejected(feedback, score / 200.0, correct)).ArrayOf(12);

    /// <summary>Runs a chain whose attempts get these opinions, whatever their context.</summary>
    public static HistoryRun Run(IStrategy strategy, Seeds seeds, PastAttempt[] opinions)
    {
        var history = new List<PastAttempt>();
        var steps = new List<int>();
        while (true)
        {
            switch (strategy.Next(history, seeds))
            {
                case Step.Stop end:
                    return new(history, steps, end);
                case Step.Draw draw:
                    steps.Add(history.Count);
                    history.AddRange(draw.Proposals.Select((p, place) => opinions[steps[^1] + place] with { Context = p.Context }));
                    break;
            }
        }
    }
}

/// <param name="History">Of all steps.</param>
/// <param name="Steps">The index of each step's first attempt.</param>
internal sealed record HistoryRun(List<PastAttempt> History, List<int> Steps, Step.Stop End)
{
    public IEnumerable<IReadOnlyList<ContextItem>> Contexts => History.Select(a => a.Context);
}

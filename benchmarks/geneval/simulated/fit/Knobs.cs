using System.Collections.Immutable;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.SimulatedFit;

/// <summary>One number that the search may turn.</summary>
/// <param name="Tags">The categories whose results it can change.</param>
/// <param name="Arms">The arms whose results it can change: 0 best-of-N, 1 Reflect-DiT.</param>
/// <param name="PriorWidth">How far from its start it has to be to cost a loss of 1.</param>
public sealed record Knob(
    string Name,
    double Start,
    double Min,
    double Max,
    double Step,
    IReadOnlyList<string> Tags,
    IReadOnlyList<int> Arms,
    double PriorWidth);

/// <summary>All numbers that the search may turn, and the parameters they stand for.</summary>
public static class Knobs
{
    private const string Sana = "sana";
    private const string Reflect = "reflect";

    /// <summary>
    /// The published numbers do not tell feedback's part in a repair from luck's, aspect by aspect; that every kind of
    /// feedback does something is an assumption. In units of about the spread.
    /// </summary>
    public const double MinBoost = 0.2;

    private static readonly Dictionary<Aspect, string[]> TagsOf = new()
    {
        [Aspect.OneObject] = [Categories.SingleObject, Categories.Colors],
        [Aspect.TwoObjects] = [Categories.TwoObject, Categories.Position, Categories.ColorAttr],
        [Aspect.Count] = [Categories.Counting],
        [Aspect.OneColour] = [Categories.Colors],
        [Aspect.TwoColours] = [Categories.ColorAttr],
        [Aspect.Relation] = [Categories.Position],
    };

    private static readonly Dictionary<FaultKind, string[]> TagsOfFault = new()
    {
        [FaultKind.Missing] =
        [
            Categories.SingleObject, Categories.TwoObject, Categories.Colors, Categories.Position, Categories.ColorAttr,
        ],
        [FaultKind.Count] = [Categories.Counting],
        [FaultKind.Colour] = [Categories.Colors, Categories.ColorAttr],
        [FaultKind.Relation] = [Categories.Position],
    };

    /// <summary>
    /// First guesses: how well an aspect comes out at N=1 (in units of the spread over prompts), and how much prompts
    /// differ. A few objects
    /// hardly ever appear, however often one tries; otherwise 20 tries would always bring them.
    /// </summary>
    private static readonly Dictionary<Aspect, (double Sana, double Reflect, double Spread)> FirstGuess = new()
    {
        [Aspect.OneObject] = (2.0, 2.0, 8),
        [Aspect.TwoObjects] = (1.0, 1.5, 3),
        [Aspect.Count] = (0.3, 0.6, 2),
        [Aspect.OneColour] = (1.1, 1.1, 5),
        [Aspect.TwoColours] = (-0.3, 0.1, 1),
        [Aspect.Relation] = (-0.8, 0.0, 1),
    };

    public static IReadOnlyList<Knob> All { get; } =
    [
        .. FirstGuess.SelectMany(guess => new[]
        {
            Centre(Sana, guess.Key, guess.Value.Sana, 0),
            Spread(Sana, guess.Key, guess.Value.Spread, 0),
            Centre(Reflect, guess.Key, guess.Value.Reflect, 1),
            Spread(Reflect, guess.Key, guess.Value.Spread, 1),
            new Knob(Name(Reflect, guess.Key, "boost"), 0.5, MinBoost, 10, 0.2, TagsOf[guess.Key], [1], 0.5),
        }),
        .. TagsOfFault.Select(f => new Knob(Name("judge", f.Key), Link.Quantile(0.15), -7, 0, 0.5, f.Value, [0, 1], 4)),
        new Knob("judge.rejection", Link.Quantile(0.1), -7, 0, 0.5, Categories.All, [0, 1], 4),
    ];

    public static GeneratorParameters SanaParameters(IReadOnlyDictionary<string, double> values) => new(
        "SANA-1.0 1.6B",
        "Levels and spreads: fitted (see FIT.md) to Reflect-DiT (arXiv 2503.12271), Tables 1 and 2. It reads no "
        + "feedback, so every boost is 0. Function evaluations: 20 steps, two a step under guidance. Device seconds: "
        + "the 1.2 s latency that SANA's authors report for 1024 px; their hardware is not known to us.",
        40,
        1.2,
        Aspects(values, Sana));

    public static GeneratorParameters ReflectParameters(IReadOnlyDictionary<string, double> values) => new(
        "Reflect-DiT, SANA-1.0 1.6B + 0.1B",
        "Levels, spreads and boosts: fitted (see FIT.md) to the released result set of Reflect-DiT (arXiv 2503.12271), "
        + "and to N=1 of the authors' first re-run. Function evaluations: 20 steps, two a step under guidance. Device "
        + "seconds: SANA's reported 1.2 s times 1.7B/1.6B parameters, an assumption.",
        40,
        1.3,
        Aspects(values, Reflect));

    public static JudgeParameters JudgeParameters(IReadOnlyDictionary<string, double> values) => new(
        "Qwen2.5-VL-3B, fine-tuned as Reflect-DiT's judge",
        "Rates: fitted (see FIT.md); no rate of this judge is published. Tokens: 1369 of the image (1036 x 1036 "
        + "pixels in patches of 28) and about 90 of text. Device seconds: an assumption.",
        1459,
        0.5,
        Enum.GetValues<FaultKind>().ToImmutableSortedDictionary(kind => kind, kind => Rate(values[Name("judge", kind)])),
        Rate(values["judge.rejection"]));

    private static ImmutableSortedDictionary<Aspect, AspectParameters> Aspects(
        IReadOnlyDictionary<string, double> values, string arm) =>
        Enum.GetValues<Aspect>().ToImmutableSortedDictionary(aspect => aspect, aspect => new AspectParameters(
            Math.Round(values[Name(arm, aspect, "centre")] * Scale(values, arm, aspect), 3),
            Math.Round(values[Name(arm, aspect, "spread")], 3),
            Math.Round(values.GetValueOrDefault(Name(arm, aspect, "boost")) * Scale(values, arm, aspect), 3)));

    /// <summary>
    /// Levels and boosts grow with the spread, so that turning the spread alone leaves the mean chance nearly as it is.
    /// </summary>
    private static double Scale(IReadOnlyDictionary<string, double> values, string arm, Aspect aspect) =>
        Math.Sqrt(1 + values[Name(arm, aspect, "spread")] * values[Name(arm, aspect, "spread")]);

    private static double Rate(double level) => Math.Round(Link.Probability(level), 4);

    private static Knob Centre(string arm, Aspect aspect, double start, int index) =>
        new(Name(arm, aspect, "centre"), start, -10, 10, 0.3, TagsOf[aspect], [index], 10);

    private static Knob Spread(string arm, Aspect aspect, double start, int index) =>
        new(Name(arm, aspect, "spread"), start, 0.5, 30, 1, TagsOf[aspect], [index], 10);

    private static string Name(string arm, Aspect aspect, string what) =>
        $"{arm}.{SettingsJson.Key(aspect)}.{what}";

    private static string Name(string judge, FaultKind kind) => $"{judge}.{SettingsJson.Key(kind)}";
}

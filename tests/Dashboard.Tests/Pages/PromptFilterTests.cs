using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Dashboard.Pages;

namespace ReflectDiT.Eval.Dashboard.Tests.Pages;

public sealed class PromptFilterTests
{
    private static readonly PromptFacts[] Prompts =
    [
        Facts(0, "animals", "a cat", [1, 1], difficulty: 0.1),
        Facts(1, "animals", "two CATS", [0, 1], difficulty: 0.5, disagreements: 2),
        Facts(2, "maps", "a map", [0, 0], difficulty: 1, never: true),
        Facts(3, "maps", "a map of cats", [null, 0], difficulty: null, early: true),
    ];

    [Theory]
    [InlineData(null, null, null, false, new[] { 0, 1, 2, 3 })]
    [InlineData(null, null, null, true, new[] { 2, 1, 0, 3 })]
    [InlineData("maps", null, null, false, new[] { 2, 3 })]
    [InlineData(null, "flipped", null, false, new[] { 1 })]
    [InlineData(null, "disagree", null, false, new[] { 1 })]
    [InlineData(null, "never", null, false, new[] { 2 })]
    [InlineData(null, "early", null, false, new[] { 3 })]
    [InlineData(null, null, "  cat ", false, new[] { 0, 1, 3 })]
    [InlineData("maps", null, "cat", false, new[] { 3 })]
    [InlineData(null, "no such kind", null, false, new[] { 0, 1, 2, 3 })]
    public void It_keeps_what_fits_all_of_it(string? category, string? show, string? text, bool byDifficulty, int[] kept) =>
        Assert.Equal(kept, new PromptFilter(category, show, text, byDifficulty).Of(Prompts).Select(p => p.Prompt.Index));

    private static PromptFacts Facts(
        int index, string stratum, string text, double?[] values, double? difficulty, int disagreements = 0, bool never = false, bool early = false) =>
        new(new SweepPrompt(index, stratum, text), values, disagreements, difficulty, never, early);
}

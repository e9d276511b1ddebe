using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class KrippendorffAlphaTests
{
    /// <summary>The worked examples A, B and C of Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability": a string a rater, a letter a unit.</summary>
    [Theory]
    [InlineData(0.095, "0100000010", "1110010000")]
    [InlineData(0.692, "aabbdcccedda", "babbbccceddd")]
    [InlineData(0.743, "123321412...", "1233224125.3", ".3332342251.", "12332441251.")]
    public void It_is_that_of_the_published_examples(double alpha, params string[] raters)
    {
        var units = Enumerable.Range(0, raters[0].Length)
            .Select(u => (IReadOnlyList<int>)[.. raters.Select(r => r[u]).Where(c => c != '.').Select(c => (int)c)]);
        Assert.Equal(alpha, KrippendorffAlpha.Nominal(units)!.Value, 0.0005);
    }

    [Fact]
    public void Where_nothing_can_differ_it_is_not_known()
    {
        Assert.Null(KrippendorffAlpha.Nominal([[1, 1], [1, 1]]));
        Assert.Null(KrippendorffAlpha.Nominal([[1], [2]]));
    }
}

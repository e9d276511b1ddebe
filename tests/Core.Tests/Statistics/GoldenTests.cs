using System.Text.Json;
using ReflectDiT.Eval.Core.Statistics;

namespace ReflectDiT.Eval.Core.Tests.Statistics;

/// <summary>Against statsmodels and SciPy: golden.json is written by make_golden.py, beside it.</summary>
public sealed class GoldenTests
{
    private const double Tolerance = 1e-12;

    private static readonly JsonElement Golden = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Statistics", "golden.json"))).RootElement;

    [Fact]
    public void Wilson_interval_equals_that_of_statsmodels()
    {
        foreach (var row in Golden.GetProperty("wilson").EnumerateArray())
        {
            var (k, n) = (row.GetProperty("k").GetInt32(), row.GetProperty("n").GetInt32());
            AssertEqual(row.GetProperty("interval"), Wilson.Share((double)k / n, n), $"{k}/{n}");
        }
    }

    [Fact]
    public void Interval_for_a_mean_of_shares_equals_its_formula_over_the_intervals_of_statsmodels()
    {
        foreach (var row in Golden.GetProperty("means").EnumerateArray())
        {
            var shares = row.GetProperty("counts").EnumerateArray()
                .Select(c => ((double)c[0].GetInt32() / c[1].GetInt32(), c[1].GetInt32())).ToList();
            AssertEqual(row.GetProperty("interval"), Wilson.MeanOfShares(shares), row.GetRawText());
        }
    }

    [Fact]
    public void Bootstrap_over_prompts_equals_that_of_scipy_under_the_same_seed()
    {
        foreach (var row in Golden.GetProperty("bootstraps").EnumerateArray())
        {
            var scale = row.GetProperty("scale").GetDouble();
            var seed = row.GetProperty("seed").GetUInt64();
            var strata = row.GetProperty("strata").EnumerateArray()
                .Select(s => s.EnumerateArray().Select(v => v.GetDouble() / scale).ToArray()).ToList();
            var name = $"{row.GetProperty("name")}, seed {seed}";
            var bootstrap = new Bootstrap(seed);
            AssertEqual(row.GetProperty("stratified"), bootstrap.MeanOfMeans(strata), name + ", stratified");
            AssertEqual(row.GetProperty("pooled"), bootstrap.Mean([.. strata.SelectMany(s => s)]), name);
            AssertEqual(row.GetProperty("stratified"), bootstrap.MeanOfMeans(strata), name + ", once more");
        }
    }

    private static void AssertEqual(JsonElement expected, Interval actual, string what)
    {
        var (low, high) = (expected[0].GetDouble(), expected[1].GetDouble());
        Assert.True(
            Math.Abs(low - actual.Low) < Tolerance && Math.Abs(high - actual.High) < Tolerance,
            $"{what}: expected [{low:R}, {high:R}], got {actual}");
    }
}

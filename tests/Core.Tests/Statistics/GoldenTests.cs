using ReflectDiT.Eval.Core.Statistics;

namespace ReflectDiT.Eval.Core.Tests.Statistics;

/// <summary>Against statsmodels and SciPy: golden.json is written by make_golden.py, beside it.</summary>
public sealed class GoldenTests
{
    [Fact]
    public void Wilson_interval_equals_that_of_statsmodels()
    {
        foreach (var row in Golden.Rows("wilson"))
        {
            var (k, n) = (row.GetProperty("k").GetInt32(), row.GetProperty("n").GetInt32());
            Golden.AssertEqual(row.GetProperty("interval"), Wilson.Share((double)k / n, n), $"{k}/{n}");
        }
    }

    [Fact]
    public void Clopper_Pearson_interval_equals_that_of_statsmodels()
    {
        foreach (var row in Golden.Rows("clopper_pearson"))
        {
            var (k, n) = (row.GetProperty("k").GetInt32(), row.GetProperty("n").GetInt32());
            Golden.AssertEqual(row.GetProperty("interval"), ClopperPearson.Share(k, n), $"{k}/{n}");
        }
    }

    [Fact]
    public void Interval_for_a_mean_of_shares_equals_its_formula_over_the_intervals_of_statsmodels()
    {
        foreach (var row in Golden.Rows("means"))
        {
            var shares = row.GetProperty("counts").EnumerateArray()
                .Select(c => ((double)c[0].GetInt32() / c[1].GetInt32(), c[1].GetInt32())).ToList();
            Golden.AssertEqual(row.GetProperty("interval"), Wilson.MeanOfShares(shares), row.GetRawText());
        }
    }

    [Fact]
    public void Bootstrap_over_prompts_equals_that_of_scipy_under_the_same_seed()
    {
        foreach (var row in Golden.Rows("bootstraps"))
        {
            var scale = row.GetProperty("scale").GetDouble();
            var seed = row.GetProperty("seed").GetUInt64();
            var strata = row.GetProperty("strata").EnumerateArray()
                .Select(s => s.EnumerateArray().Select(v => v.GetDouble() / scale).ToArray()).ToList();
            var name = $"{row.GetProperty("name")}, seed {seed}";
            var bootstrap = new Bootstrap(seed);
            Golden.AssertEqual(row.GetProperty("stratified"), bootstrap.MeanOfMeans(strata), name + ", stratified");
            Golden.AssertEqual(row.GetProperty("pooled"), bootstrap.Mean([.. strata.SelectMany(s => s)]), name);
            Golden.AssertEqual(row.GetProperty("stratified"), bootstrap.MeanOfMeans(strata), name + ", once more");
        }
    }
}

using System.Text.Json;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

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
                .Select(c => ((double)c[0].GetInt32() / c[1].GetInt32(), (double)c[1].GetInt32())).ToList();
            Golden.AssertEqual(row.GetProperty("interval"), Wilson.MeanOfShares(shares), row.GetRawText());
        }
    }

    [Fact]
    public void Bootstrap_over_prompts_equals_that_of_scipy_under_the_same_seed()
    {
        foreach (var row in Golden.Rows("bootstraps"))
        {
            var (seed, strata) = (row.GetProperty("seed").GetUInt64(), row.Strata());
            var name = $"{row.GetProperty("name")}, seed {seed}";
            var bootstrap = new Bootstrap(seed);
            Golden.AssertEqual(row.GetProperty("stratified"), bootstrap.MeanOfMeans(strata), name + ", stratified");
            Golden.AssertEqual(row.GetProperty("pooled"), bootstrap.MeanOfMeans([[.. strata.SelectMany(s => s)]]), name);
            Golden.AssertEqual(row.GetProperty("stratified"), bootstrap.MeanOfMeans(strata), name + ", once more");
        }
    }

    /// <summary>NumPy's band is the mean plus and minus the critical value times the standard error.</summary>
    [Fact]
    public void Critical_value_of_a_band_equals_its_formula_in_NumPy_over_the_same_draws()
    {
        foreach (var row in Golden.Rows("sup_t"))
        {
            var (bootstrap, points) = (new Bootstrap(row.GetProperty("seed").GetUInt64()), row.GetProperty("points").Points());
            var critical = SimultaneousBand.Critical(bootstrap, points);
            foreach (var (expected, means) in row.GetProperty("band").EnumerateArray().Zip(bootstrap.Means(points)))
            {
                var mean = means.Average();
                var error = Math.Sqrt(means.Sum(m => (m - mean) * (m - mean)) / (means.Length - 1));
                Golden.AssertEqual((expected[1].GetDouble() - expected[0].GetDouble()) / 2 / error, critical, 1e-9, "critical value");
            }
        }
    }

    [Fact]
    public void Clustered_share_equals_its_formula_by_numerical_integration()
    {
        foreach (var row in Golden.Paired("clusters"))
        {
            var share = ClusteredShare.Of(row.GetProperty("hits").Numbers(), row.GetProperty("counts").Numbers())!.Value;
            Golden.AssertEqual(row.GetProperty("interval")[0].GetDouble(), share.Interval.Low, 1e-5, row.GetRawText());
            Golden.AssertEqual(row.GetProperty("interval")[1].GetDouble(), share.Interval.High, 1e-5, row.GetRawText());
        }
    }

    [Fact]
    public void Estimates_at_budgets_equal_interpolation_in_NumPy_over_the_same_draws()
    {
        var ends = 0;
        foreach (var row in Golden.Rows("budgets"))
        {
            var arms = row.GetProperty("arms").EnumerateArray()
                .Select(arm => new BudgetPoints(arm[0].Points(), arm[1].Points()));
            var budgets = new Budgets(new Bootstrap(row.GetProperty("seed").GetUInt64()), [.. arms]);
            var (cost, share) = (row.Number("cost"), row.Number("share"));
            var estimated = row.GetProperty("estimates");
            Golden.AssertEqual(
                estimated[0].Number("value"), budgets.ShareDifferenceAt(0, 1, cost)!.Value, 1e-12, row.GetRawText());
            BudgetEstimate?[] estimates = [budgets.CostOf(0, share), budgets.CostRatioOf(0, 1, share)];
            foreach (var (expected, actual) in estimated.EnumerateArray().Skip(1).Zip(estimates))
            {
                var what = expected.GetRawText();
                Golden.AssertEqual(expected.Number("value"), actual!.Value, 1e-12, what);

                // Where an end lies outside what was run NumPy has the nearest end of it, or 0, or infinity.
                if (actual.Low is { } low)
                {
                    Golden.AssertEqual(expected.Number("low"), low, 1e-12, what);
                    ends++;
                }

                if (actual.High is { } high)
                {
                    Golden.AssertEqual(expected.Number("high"), high, 1e-12, what);
                    ends++;
                }
            }
        }

        Assert.InRange(ends, 2, 7);
    }

    [Fact]
    public void Kappa_equals_that_of_statsmodels()
    {
        foreach (var row in Golden.Rows("confusion"))
        {
            int[] n = [.. row.GetProperty("counts").EnumerateArray().Select(c => c.GetInt32())];
            var kappa = row.GetProperty("kappa");
            var expected = kappa.ValueKind is JsonValueKind.Null ? double.NaN : kappa.GetDouble();
            Assert.Equal(expected, new Confusion(n[0], n[1], n[2], n[3]).Kappa, 1e-14);
        }
    }
}

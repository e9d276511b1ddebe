using System.Text.Json;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class HeterogeneityTests
{
    [Fact]
    public void Q_of_passes_and_fails_is_by_Tangos_variance()
    {
        foreach (var row in Golden.Paired("heterogeneity"))
        {
            var test = Heterogeneity.Of([.. row.GetProperty("groups").EnumerateArray().Select(Group)]);
            Golden.AssertEqual(row.Number("q"), test.Q, 1e-4, row.GetRawText());
            Golden.AssertEqual(row.Number("p"), test.P, 1e-5, row.GetRawText());
        }

        static double[] Group(JsonElement g) =>
        [
            .. Enumerable.Repeat(1.0, g[1].GetInt32()), .. Enumerable.Repeat(-1.0, g[2].GetInt32()),
            .. new double[g[0].GetInt32() - g[1].GetInt32() - g[2].GetInt32()],
        ];
    }

    /// <summary>GenEval's categories, which differ in how often the arms differ and not in the difference: standard error 1.8%.</summary>
    [Fact]
    public void Of_one_difference_it_keeps_its_level()
    {
        const int runs = 150;
        var random = new NumpyRandom(31);
        (int Prompts, double Discordance)[] groups = [(80, 0.05), (99, 0.1), (80, 0.3), (94, 0.05), (100, 0.4), (100, 0.3)];
        var found = Enumerable.Range(0, runs).Count(_ => Heterogeneity.Of(
        [
            .. groups.Select(g => Enumerable.Range(0, g.Prompts).Select(_ => random.NextDouble())
                .Select(u => u < (g.Discordance + 0.04) / 2 ? 1.0 : u < g.Discordance ? -1 : 0).ToArray()),
        ]).P < 0.05);
        Assert.InRange(found / (double)runs, 0, 0.09);
    }

    [Fact]
    public void Scores_of_two_groups_that_differ_are_told_apart()
    {
        double[] Around(double mean) => [.. Enumerable.Range(0, 100).Select(i => mean + ((i % 5) - 2) / 50.0)];
        Assert.Equal(1, Heterogeneity.Of([Around(0.1), Around(0.1)]).P, 9);
        Assert.InRange(Heterogeneity.Of([Around(0.3), Around(-0.1)]).P, 0, 1e-4);
    }
}

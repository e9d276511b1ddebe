using System.Text.Json;
using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

/// <summary>
/// Numbers by statsmodels and SciPy (golden.json, by make_golden.py) and by brute force (paired.json, by make_paired.py).
/// </summary>
internal static class Golden
{
    private const double Tolerance = 1e-12;

    private static readonly JsonElement Root = Read("golden.json");
    private static readonly JsonElement ByBruteForce = Read("paired.json");

    public static IEnumerable<JsonElement> Rows(string name) => Root.GetProperty(name).EnumerateArray();

    public static IEnumerable<JsonElement> Paired(string name) => ByBruteForce.GetProperty(name).EnumerateArray();

    /// <summary>p of the score test of b and c, which does not depend on the number of prompts.</summary>
    public static double ScoreP(int b, int c) =>
        Paired("score").First(r => r.Whole("b") == b && r.Whole("c") == c).Number("p");

    public static int Whole(this JsonElement row, string name) => row.GetProperty(name).GetInt32();

    public static double Number(this JsonElement row, string name) => row.GetProperty(name).GetDouble();

    public static double[] Numbers(this JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetDouble())];

    /// <summary>Points of a curve over all prompts as one stratum, from [k][prompt].</summary>
    public static IReadOnlyList<IReadOnlyList<double[]>> Points(this JsonElement columns) =>
        [.. columns.EnumerateArray().Select(c => (double[][])[c.Numbers()])];

    /// <summary>A list of lists of numbers, divided by what the row calls its scale.</summary>
    public static List<double[]> Strata(this JsonElement row)
    {
        var scale = row.TryGetProperty("scale", out var given) ? given.GetDouble() : 1;
        var strata = row.GetProperty("strata").EnumerateArray();
        return [.. strata.Select(s => s.Numbers().Select(v => v / scale).ToArray())];
    }

    private static JsonElement Read(string file) => JsonDocument.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Statistics", file))).RootElement;

    public static void AssertEqual(JsonElement expected, Interval actual, string what)
    {
        AssertEqual(expected[0].GetDouble(), actual.Low, Tolerance, what + ", low end");
        AssertEqual(expected[1].GetDouble(), actual.High, Tolerance, what + ", high end");
    }

    public static void AssertEqual(double expected, double actual, double tolerance, string what) => Assert.True(
        Math.Abs(expected - actual) <= tolerance, $"{what}: expected {expected:R}, got {actual:R}");
}

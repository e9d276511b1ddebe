using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.SimulatedFit;

namespace ReflectDiT.Eval.Models.Tests.Simulated;

/// <summary>The parameter files that the product ships, and what is refused in such files.</summary>
public sealed class ShippedParametersTests
{
    private static readonly PublishedNumbers Published = new GenEvalBenchmark(43, 1).Tables.Published;

    public static TheoryData<string> Arms => new("sana-1.0.json", "reflect-dit.json");

    [Theory]
    [MemberData(nameof(Arms))]
    public void The_demos_seed_and_the_mean_over_seeds_lie_in_every_published_noise_band(string file)
    {
        var arm = file == "reflect-dit.json" ? FitArm.ReflectDit(Published) : FitArm.BestOfN(Published);
        var sweep = new SceneSweep(
            new GeneratorModel(SettingsJson.Read<GeneratorParameters>(file, Shipped(file))),
            new JudgeModel(SettingsJson.Read<JudgeParameters>("judge.json", Shipped("judge.json"))),
            arm.Strategy);
        // Seeds that neither the search nor the report of the fit has used.
        long[] fresh = [.. Enumerable.Range(5001, 12).Select(i => (long)i)];
        foreach (long[] seeds in new[] { [0], fresh })
        {
            var shares = new ArmShares(
                PromptSet.Published, sweep.CountCorrect(PromptSet.Published, seeds), seeds.Length);
            Assert.All(arm.Targets, target =>
            {
                var share = shares.Share(target.Point, target.Metric);
                Assert.True(target.Band.Contains(share), $"{target}: {share:F4} over {seeds.Length} seeds");
            });
        }
    }

    [Fact]
    public void Every_published_number_of_the_two_arms_is_a_target()
    {
        Assert.Equal(1 + 6 + 5 + 6, FitArm.BestOfN(Published).Targets.Count);
        Assert.Equal(6 + 6, FitArm.ReflectDit(Published).Targets.Count);
    }

    [Theory]
    [InlineData("\"simulated\": true,", "", "simulated")]
    [InlineData("\"simulated\": true", "\"simulated\": false", "simulated")]
    [InlineData("\"model\"", "\"modell\"", "modell")]
    [InlineData("\"one_object\"", "\"one_thing\"", "one_thing")]
    [InlineData("\"device_seconds\": 1.2", "\"device_seconds\": -1", "device_seconds")]
    [InlineData("\"function_evaluations\": 40", "\"function_evaluations\": 2.5", "function_evaluations")]
    [InlineData("\"boost\": 0", "\"boost\": -1", "boost")]
    public void A_wrong_generator_file_is_refused_with_file_and_key(string found, string replaced, string key)
    {
        var json = Shipped("sana-1.0.json");
        Assert.Contains(found, json, StringComparison.Ordinal);
        var error = Assert.Throws<FormatException>(() =>
            SettingsJson.Read<GeneratorParameters>("some.json", json.Replace(found, replaced, StringComparison.Ordinal)));
        Assert.Contains("some.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"missing\":", "\"missed\":", "missed")]
    [InlineData("\"wrong_rejection\": 0", "\"wrong_rejection\": 1", "wrong_rejection")]
    [InlineData("\"tokens\": 1459", "\"tokens\": \"many\"", "tokens")]
    public void A_wrong_judge_file_is_refused_with_file_and_key(string found, string replaced, string key)
    {
        var json = Shipped("judge.json");
        Assert.Contains(found, json, StringComparison.Ordinal);
        var error = Assert.Throws<FormatException>(() =>
            SettingsJson.Read<JudgeParameters>("some.json", json.Replace(found, replaced, StringComparison.Ordinal)));
        Assert.Contains("some.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    private static string Shipped(string file) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "simulated", file));
}

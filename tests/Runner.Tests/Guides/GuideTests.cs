using System.Text.Json;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Scoring;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner.Tests.Guides;

/// <summary>The examples of docs/guides: they compile, do what the page says, and stand in it whole.</summary>
public sealed partial class GuideTests
{
    [Theory]
    [InlineData("add-a-strategy.md", "PatientBestOfN.cs")]
    [InlineData("add-a-model.md", "BluntGenerator.cs")]
    [InlineData("add-a-benchmark.md", "RhymeBenchmark.cs")]
    public void The_page_has_the_whole_code(string page, string file)
    {
        var shown = CodeBlock().Matches(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "guides", page)))
            .Select(block => block.Groups["code"].Value);
        Assert.Contains(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Guides", file)), shown);
    }

    [Fact]
    public void The_strategy_ends_after_two_acceptances_and_shows_the_one_with_the_highest_score()
    {
        var strategy = new PatientBestOfN(MaxAttempts: 5, Acceptances: 2);
        PastAttempt[] judged = [.. new[] { (true, 0.7), (false, 0.9), (true, 0.8), (true, 1.0) }
            .Select(a => new PastAttempt(new Verdict(a.Item1, a.Item2, 1 - a.Item2, a.Item1 ? "" : "no cat")))];

        Assert.Equal(new Step.Stop(2), Run(strategy, judged, out var drawn));
        Assert.Equal(3, drawn);
        Assert.Equal(new Step.Stop(0), Run(strategy with { MaxAttempts = 2 }, judged, out _));
        Assert.Equal("""{"max_attempts":5,"acceptances":2}""", JsonSerializer.Serialize(strategy, SettingsJson.Form));
    }

    [Fact]
    public async Task The_model_answers_through_the_host_as_any_other()
    {
        using var host = new ModelHost(new Kinds());
        var generator = host.Generator(new("blunt", JsonSerializer.SerializeToElement(new { model = "blunt", side = 8 })), new());
        var first = await Draw(7, []);

        Assert.Equal((8, 8), (ImageReader.Decode(first).Width, ImageReader.Decode(first).Height));
        Assert.Equal(first, await Draw(7, []));
        Assert.NotEqual(first, await Draw(8, []));
        Assert.NotEqual(first, await Draw(7, [new(first, "no cat")]));

        async Task<byte[]> Draw(long seed, IReadOnlyList<ContextImage> context) => (await generator.AskAsync(
            new("a cat on a mat", seed, context), TimeSpan.FromMinutes(1), CancellationToken.None)).Answer.Image.ToArray();
    }

    [Fact]
    public void The_benchmark_is_recorded_opened_and_scored()
    {
        var benchmark = RhymeBenchmark.Open(JsonSerializer.Deserialize<BenchmarkConfiguration>(
            JsonSerializer.Serialize(RhymeBenchmark.Configuration()))!);
        var scorer = Assert.IsType<IJudgeScorer>(
            benchmark.Scorer(ScorerConfiguration.FromJson(RhymeBenchmark.ScoredBy(new("qwen2.5-vl", null)).ToJson())), exactMatch: false);

        Assert.Equal("qwen2.5-vl", scorer.Model.Kind);
        Assert.Equal(4, benchmark.Prompts.Count);
        Assert.Equal(1, scorer.Score(0, new Verdict(true, 0.9, 0.1, "")).Value);
        Assert.Equal(
            new Score(0, false, "no mat", null), scorer.Score(0, new Verdict(false, 0.2, 0.8, "no mat")));
        Assert.Throws<JsonException>(() => RhymeBenchmark.Open(
            new(RhymeBenchmark.Kind) { Settings = new() { ["metre"] = JsonSerializer.SerializeToElement(4) } }));
    }

    private static Step.Stop Run(PatientBestOfN strategy, PastAttempt[] judged, out int drawn)
    {
        for (drawn = 0; ; drawn++)
        {
            if (strategy.Next(judged[..drawn], new Seeds(0, "a cat on a mat", 0)) is Step.Stop stop)
                return stop;
        }
    }

    private sealed class Kinds : IModelKinds
    {
        public IGenerator Generator(ModelConfiguration model, Placement placement) =>
            new BluntGenerator(model, placement, SettingsJson.Read<BluntParameters>("its parameters", model.Parameters!.Value.GetRawText()));

        public IJudge Judge(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public IDetector Detector(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        public IAnswerer Answerer(ModelConfiguration model, Placement placement) => throw new NotSupportedException();
    }

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeBlock();
}

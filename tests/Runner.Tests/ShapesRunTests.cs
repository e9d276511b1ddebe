using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Runner.Sweeps;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>A sweep of shapes: planned, drawn, judged, scored by the pixel detector, and reported.</summary>
public sealed class ShapesRunTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_sweep_of_shapes_is_run_and_reported_and_its_scores_are_what_was_drawn()
    {
        var kinds = new RendererModels();
        var (generator, judge, detector) = (
            new ModelConfiguration("renderer", null), new ModelConfiguration("reader", null), new ModelConfiguration(ModelConfiguration.Pixels, null));
        var setup = SweepPlanner.Setup(
            new SweepDefinition(
                new(
                    "small-world",
                    ShapesBenchmark.Configuration(ShapePrompts.PublishedSeed, ShapeSet.Test, perTask: 4),
                    Seed: 1,
                    Replicates: 1,
                    ShapesBenchmark.ScoredBy(detector),
                    [
                        new("best-of-5", null, generator, judge, new BestOfN(5, Selector.FirstAccept)),
                        new("reflection", null, generator, judge, new Reflection(5, 3, ReflectionQuirks.Paper)),
                    ]),
                CallSettings.Default,
                [new("draws", generator, new()), new("judges", judge, new()), new("pixels", detector, new())]),
            new ModelHost(kinds));
        await using var sweep = await TestSweep.CreateAsync(server);
        var progress = await sweep.RunAsync(setup);
        Assert.Equal((48, 48, 0), (progress.Total, progress.Done, progress.Failed));

        // What was drawn is known: each score says so.
        Assert.InRange(kinds.Drawn.Count, 50, 200);
        Assert.Equal(kinds.Drawn.Count, await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.scores"));
        Assert.Equal(kinds.Drawn.Values.Count(right => right), await sweep.ScalarAsync("SELECT count(*) FROM reflectdit.scores WHERE passed"));

        var row = await sweep.Session.Sweeps.FindAsync(setup.Plan.Id.ToString(), None);
        var results = await SweepResultsQuery.LoadAsync(sweep.Session, row, BenchmarkCatalog.Open, None);
        var table = ReportFormat.Render(TableReport.Build(results, results.Tables.Standard), "text");
        Assert.StartsWith("Shapes over N: sweep small-world (", table, StringComparison.Ordinal);
        Assert.Matches("\\bN=1 +N=4 +N=5\n", table); // 8 and 12 are beyond all arms
        Assert.Contains("reflection", table, StringComparison.Ordinal);
        Assert.DoesNotContain("SIMULATED", table, StringComparison.Ordinal);
        Assert.StartsWith("Shapes: sweep small-world (", ReportFormat.Render(TableReport.Build(results, "table"), "text"), StringComparison.Ordinal);
        var csv = ReportFormat.Render(TableReport.Build(results, "curve"), "csv");
        Assert.Contains("mean_over_categories", csv, StringComparison.Ordinal);
    }

    /// <summary>Draws a scene of the prompt with the renderer, right or with a fault; the judge reads the pixels too.</summary>
    private sealed class RendererModels : IModelKinds
    {
        private static readonly Dictionary<string, PromptMetadata> Prompts = ShapePrompts.Published.Test.ToDictionary(p => p.Prompt);

        private readonly ModelKinds _real = new();

        /// <summary>Whether it shows its prompt, by the request's seed and context.</summary>
        public ConcurrentDictionary<string, bool> Drawn { get; } = [];

        public IGenerator Generator(ModelConfiguration model, Placement placement) => new Renderer(Drawn);

        public IJudge Judge(ModelConfiguration model, Placement placement) => new Reader();

        public IDetector Detector(ModelConfiguration model, Placement placement) => _real.Detector(model, placement);

        public IAnswerer Answerer(ModelConfiguration model, Placement placement) => throw new NotSupportedException();

        private sealed class Renderer(ConcurrentDictionary<string, bool> drawn) : IGenerator
        {
            public string Digest { get; } = new('d', 64);

            public BatchPolicy Batches { get; } = new(4);

            public Task<IReadOnlyList<Drawing>> AnswerAsync(IReadOnlyList<DrawRequest> requests, CancellationToken withdrawn) =>
                Task.FromResult<IReadOnlyList<Drawing>>([.. requests.Select(Draw)]);

            public void Dispose()
            {
            }

            private Drawing Draw(DrawRequest request)
            {
                var asked = $"{request.Prompt}\n{request.Seed}\n{string.Join('\n', request.Context.Select(c => c.Feedback))}";
                var random = new NumpyRandom(BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(asked))));
                var right = random.NextDouble() < (request.Context.Count == 0 ? 0.4 : 0.7);
                var prompt = Prompts[request.Prompt];
                drawn[asked] = right;
                var scene = right ? SceneSampler.Sample(prompt, random) : FaultyScene.Sample(prompt, random).Scene;
                return new(PngWriter.Encode(SceneRenderer.Render(scene)), 1, 0.01);
            }
        }

        private sealed class Reader : IJudge
        {
            public string Digest { get; } = new('d', 64);

            public BatchPolicy Batches { get; } = new(4);

            public Task<IReadOnlyList<Judgement>> AnswerAsync(IReadOnlyList<JudgeRequest> requests, CancellationToken withdrawn) =>
                Task.FromResult<IReadOnlyList<Judgement>>([.. requests.Select(request =>
                {
                    var said = ShapeFault.First(Prompts[request.Prompt], PixelDetector.Find(ImageReader.Decode(request.Image)))?.ToSentence() ?? "";
                    return new Judgement(new Verdict(said == "", said == "" ? 1 : 0, said == "" ? 0 : 1, said), said, 10, 0.01);
                })]);

            public void Dispose()
            {
            }
        }
    }
}

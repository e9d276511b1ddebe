using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Benchmarks.Tests.Shapes;

public sealed class ShapesCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } =
        ShapesBenchmark.Configuration(ShapePrompts.PublishedSeed, ShapeSet.Test, perTask: null);

    protected override ScorerConfiguration Scorer { get; } = ShapesBenchmark.ScoredBy(new(ModelConfiguration.Pixels, null));
}

public sealed class SomeShapesCompliance : BenchmarkCompliance
{
    public override BenchmarkConfiguration Configuration { get; } = ShapesBenchmark.Configuration(7, ShapeSet.Validation, perTask: 3);

    protected override ScorerConfiguration Scorer { get; } = ShapesBenchmark.ScoredBy(new(ModelConfiguration.Pixels, null));
}

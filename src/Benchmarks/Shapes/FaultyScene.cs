using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>A scene with one fault for its prompt.</summary>
public sealed record FaultyScene(Scene Scene, ShapeFault Fault)
{
    /// <summary>The faults that a scene of such a prompt can have.</summary>
    public static IReadOnlyList<FaultKind> Kinds(PromptMetadata prompt) => prompt.Tag switch
    {
        Categories.Counting => [FaultKind.Count],
        Categories.Colors or Categories.ColorAttr => [FaultKind.Missing, FaultKind.Shape, FaultKind.Colour],
        Categories.Position => [FaultKind.Missing, FaultKind.Shape, FaultKind.Relation],
        _ => [FaultKind.Missing, FaultKind.Shape],
    };

    /// <summary>A fault of any kind that the prompt can have, all as likely.</summary>
    public static FaultyScene Sample(PromptMetadata prompt, NumpyRandom random)
    {
        var kinds = Kinds(prompt);
        return Sample(prompt, kinds[random.NextInt(kinds.Count)], random);
    }

    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    public static FaultyScene Sample(PromptMetadata prompt, FaultKind kind, NumpyRandom random)
    {
        var scene = kind switch
        {
            FaultKind.Count => Counted(prompt.Include[0], random),
            FaultKind.Missing => Without(prompt, random),
            FaultKind.Shape => OtherShape(prompt, random),
            FaultKind.Colour => OtherColour(prompt, random),
            _ => Elsewhere(prompt, random),
        };
        return new(scene, ShapeFault.First(prompt, scene.Detections())
            ?? throw new ArgumentException($"'{prompt.Prompt}' has no fault of the kind {kind}"));
    }

    /// <summary>One to six of them, or one of them as another shape.</summary>
    private static Scene Counted(Clause clause, NumpyRandom random)
    {
        var count = 1 + random.NextInt(6);
        var other = count == clause.Count ? OtherThan([clause.Class], random) : clause.Class;
        return SceneSampler.Scatter(
            [.. Enumerable.Range(0, count).Select(i => (i == 0 ? other : clause.Class, (string?)null))], random);
    }

    private static Scene Without(PromptMetadata prompt, NumpyRandom random)
    {
        var scene = SceneSampler.Sample(prompt, random);
        var gone = random.NextInt(scene.Objects.Count);
        return scene with { Objects = [.. scene.Objects.Where((_, i) => i != gone)] };
    }

    private static Scene OtherShape(PromptMetadata prompt, NumpyRandom random)
    {
        var shape = ShapeWorld.Of(OtherThan([.. prompt.Include.Select(c => c.Class)], random));
        return Change(SceneSampler.Sample(prompt, random), o => o with { Shape = shape }, random);
    }

    /// <summary>Of one object another colour, or of two each that of the other.</summary>
    private static Scene OtherColour(PromptMetadata prompt, NumpyRandom random)
    {
        var scene = SceneSampler.Sample(prompt, random);
        if (scene.Objects is [var a, var b] && random.NextInt(2) == 0)
        {
            return scene with { Objects = [a with { Colour = b.Colour }, b with { Colour = a.Colour }] };
        }

        var step = 1 + random.NextInt(ShapeWorld.Colours.Count - 1);
        return Change(scene, o => o with { Colour = (o.Colour + step) % ShapeWorld.Colours.Count }, random);
    }

    private static Scene Elsewhere(PromptMetadata prompt, NumpyRandom random)
    {
        var scene = SceneSampler.Sample(prompt, random);
        var (at, of) = SceneSampler.Pair(prompt.Include[1].Position!.Relation, holds: false, random);
        return scene with { Objects = [scene.Objects[0] with { Cell = of }, scene.Objects[1] with { Cell = at }] };
    }

    private static Scene Change(Scene scene, Func<SceneObject, SceneObject> change, NumpyRandom random)
    {
        var changed = random.NextInt(scene.Objects.Count);
        return scene with { Objects = [.. scene.Objects.Select((o, i) => i == changed ? change(o) : o)] };
    }

    private static string OtherThan(IReadOnlyList<string> names, NumpyRandom random)
    {
        var others = ShapeWorld.Classes.All.Except(names).ToList();
        return others[random.NextInt(others.Count)];
    }
}

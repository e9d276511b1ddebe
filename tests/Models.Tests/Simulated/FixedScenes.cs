using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

namespace ReflectDiT.Eval.Models.Tests.Simulated;

/// <summary>Scenes that several tests paint.</summary>
internal static class FixedScenes
{
    public static IReadOnlyDictionary<string, Scene> All { get; } = new Dictionary<string, Scene>
    {
        ["six"] = Grid(6, i => "computer keyboard", i => 990 - i),
        ["nine"] = Grid(9, i => ObjectNames.All[(i * 9) + 2], i => i * 125),
    };

    private static Scene Grid(int count, Func<int, string> name, Func<int, int> confidence) =>
        new(Enumerable.Range(0, count).Select(i => new SceneObject(
            name(i), 2 + (i % 3 * 85), 3 + (i / 3 * 84), 75 + i, 80 - i, Palette.Colours[i], confidence(i))));
}

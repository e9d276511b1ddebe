namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>The colours and relations of GenEval, in the published order.</summary>
public static class Palette
{
    public static IReadOnlyList<string> Colours { get; } =
        ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"];

    public static IReadOnlyList<string> Relations { get; } = ["left of", "right of", "above", "below"];
}

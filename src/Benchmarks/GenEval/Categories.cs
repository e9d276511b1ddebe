namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>GenEval's six categories (the <c>tag</c> of a prompt), in the order of the published prompt file.</summary>
public static class Categories
{
    public const string SingleObject = "single_object";
    public const string TwoObject = "two_object";
    public const string Counting = "counting";
    public const string Colors = "colors";
    public const string Position = "position";
    public const string ColorAttr = "color_attr";

    public static IReadOnlyList<string> All { get; } =
        [SingleObject, TwoObject, Counting, Colors, Position, ColorAttr];
}

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>What GenEval's detector calls what it finds, and by what sentences its colours are told apart.</summary>
public static class DetectorWords
{
    /// <summary>GenEval's evaluate_images.py, MIT, Copyright 2023 Dhruba Ghosh: {0} a colour, {1} a class. It says "a" before "orange" too.</summary>
    private static readonly string[] Templates = ["a photo of a {0} {1}", "a photo of a {0}-colored {1}", "a photo of a {0} object"];

    /// <summary>In the order of the detector's labels.</summary>
    public static IReadOnlyList<string> Classes => ObjectNames.All;

    public static IReadOnlyList<string> Colours => Palette.Colours;

    /// <summary>Of an object: for each colour as many, one colour after the other.</summary>
    public static IReadOnlyList<string> Sentences(string name) =>
    [
        .. Colours.SelectMany(colour => Templates.Select(template =>
            template.Replace("{0}", colour, StringComparison.Ordinal).Replace("{1}", name, StringComparison.Ordinal))),
    ];
}

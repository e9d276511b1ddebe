namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>What a benchmark that scores by GenEval's rules has of its own.</summary>
/// <param name="Classes">What its prompts and its detector can name.</param>
/// <param name="Options">The rules' options unless a case or a sweep says otherwise.</param>
public sealed record ObjectWorld(ClassNames Classes, ScoringOptions Options)
{
    public static ObjectWorld GenEval { get; } = new(ObjectNames.Classes, ScoringOptions.Default);
}

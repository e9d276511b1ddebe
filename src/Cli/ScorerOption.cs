using System.CommandLine;

namespace ReflectDiT.Eval.Cli;

/// <summary>By which of a sweep's scorers its images are measured.</summary>
internal static class ScorerOption
{
    public static Option<string?> Create() => new("--scorer")
    {
        Description = "By the scores of a scorer that 'reflectdit rescore' added under this name, instead of the sweep's own",
    };
}

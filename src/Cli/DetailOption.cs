using System.CommandLine;

namespace ReflectDiT.Eval.Cli;

/// <summary>Text stays on one screen unless more is asked for; data always have all.</summary>
internal static class DetailOption
{
    /// <param name="what">What it adds.</param>
    public static Option<bool> Create(string what) => new("--detail")
    {
        Description = $"{what}. Text stays on about one screen without it; the other formats have all of it",
    };
}

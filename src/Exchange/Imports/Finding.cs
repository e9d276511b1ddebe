using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>Something odd in an input. Nothing is left out of an import without one.</summary>
/// <param name="Kind">One of <see cref="FindingKind"/>.</param>
/// <param name="File">Where, if it is in one file.</param>
/// <param name="Line">From 1; null for a whole file.</param>
public sealed record Finding(string Kind, string Message, string? File = null, int? Line = null)
{
    private const int Longest = 1000;

    /// <summary>What it quotes can break no line of it.</summary>
    public string Message { get; } = VisibleText.Short(Message, Longest);

    public override string ToString() => File is null ? Message
        : Line is null ? $"{VisibleText.Of(File)}: {Message}" : $"{VisibleText.Of(File)}:{Line}: {Message}";
}

/// <summary>What a finding is about; docs/data.md explains each.</summary>
public static class FindingKind
{
    public const string Unreadable = "unreadable";
    public const string UnknownPrompt = "unknown-prompt";
    public const string MissingPrompts = "missing-prompts";
    public const string DuplicateIndex = "duplicate-index";
    public const string MissingAttempt = "missing-attempt";
    public const string MixedN = "mixed-n";
    public const string AfterAcceptance = "after-acceptance";
    public const string Contradiction = "contradiction";
    public const string UnknownKey = "unknown-key";
    public const string NoRecord = "no-record";
    public const string NoImage = "no-image";
    public const string Leak = "leak";
    public const string ResumeUnknown = "resume-unknown";
}

/// <summary>A record that cannot be read; the import goes on without it and says so.</summary>
public sealed class RecordException(string file, int? line, string message) : Exception(VisibleText.Bounded(message))
{
    public Finding Finding => new(FindingKind.Unreadable, Message, file, line);
}

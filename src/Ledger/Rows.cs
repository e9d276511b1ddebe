namespace ReflectDiT.Eval.Ledger;

// The rows of the tables of Schema/ledger.sql, one class each, as EF Core reads them.

/// <summary>A sweep that was planned.</summary>
public sealed class SweepRow
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Configuration { get; init; }
    public required long Seed { get; init; }
    public required int Replicates { get; init; }
    public required Guid? ScorerId { get; init; }
    public required string State { get; init; }
    public required string Calls { get; init; }
    public DateTime CreatedAt { get; init; }
}

/// <summary>The values of <c>sweeps.state</c>.</summary>
public static class SweepState
{
    public const string Running = "running";
    public const string Paused = "paused";
    public const string Cancelled = "cancelled";

    /// <summary>Was run elsewhere: there is nothing to work on.</summary>
    public const string Imported = "imported";
}

/// <summary>A process that works, or worked, on chains.</summary>
public sealed class WorkerRow
{
    public required int Number { get; init; }
    public required string Host { get; init; }
    public required int Process { get; init; }
    public required int Slots { get; init; }
    public required string[]? Arms { get; init; }
    public required DateTime StartedAt { get; init; }
    public required string? Silo { get; init; }
    public required string Status { get; init; }
    public required DateTime SeenAt { get; init; }
    public required DateTime LeasedUntil { get; init; }
    public required DateTime? EndedAt { get; init; }
}

/// <summary>A prompt of a sweep's benchmark.</summary>
public sealed class PromptRow
{
    public required Guid SweepId { get; init; }
    public required int Index { get; init; }
    public required string Stratum { get; init; }
    public required string Prompt { get; init; }
    public required string Metadata { get; init; }
}

/// <summary>An arm of a sweep.</summary>
public sealed class ArmRow
{
    public required Guid SweepId { get; init; }
    public required int Index { get; init; }
    public required string Name { get; init; }
    public required int MaxAttempts { get; init; }
    public required bool Simulated { get; init; }
    public required bool Oracle { get; init; }
    public required string? Published { get; init; }
}

/// <summary>A chain; see <see cref="ChainState"/> for its states.</summary>
public sealed class ChainRow
{
    public required Guid Id { get; init; }
    public required Guid SweepId { get; init; }
    public required int Arm { get; init; }
    public required int Prompt { get; init; }
    public required int Replicate { get; init; }
    public required string State { get; init; }
    public required int Epoch { get; init; }
    public required int? Shown { get; init; }
    public required string? Failure { get; init; }
    public required int? Worker { get; init; }
    public required DateTime WaitsSince { get; init; }
}

/// <summary>The values of <c>chains.state</c>.</summary>
public static class ChainState
{
    public const string Open = "open";
    public const string Done = "done";
    public const string Failed = "failed";
}

/// <summary>An attempt with its verdict and costs; null is what a run elsewhere did not record.</summary>
public sealed class AttemptRow
{
    public required Guid ChainId { get; init; }
    public required int Index { get; init; }
    public required int Epoch { get; init; }
    public required int Step { get; init; }
    public required int Place { get; init; }

    /// <summary>What was drawn, where the strategy asked for another than the prompt itself.</summary>
    public required string? DrawnPrompt { get; init; }
    public required Guid DrawingId { get; init; }
    public required Guid? JudgementId { get; init; }
    public required long? Seed { get; init; }
    public required byte[]? Image { get; init; }
    public required bool? Accepted { get; init; }
    public required double? JudgeScore { get; init; }
    public required double? JudgeNoScore { get; init; }
    public required string? Feedback { get; init; }
    public required string? JudgeText { get; init; }
    public required double? WallSeconds { get; init; }
    public required double? GeneratorSeconds { get; init; }
    public required double? JudgeSeconds { get; init; }
    public required int? FunctionEvaluations { get; init; }
    public required int? JudgeTokens { get; init; }
    public required bool Imported { get; init; }
    public required int? ShownAfter { get; init; }
    public DateTime CreatedAt { get; init; }
}

/// <summary>One item of the context of an attempt.</summary>
public sealed class ContextItemRow
{
    public required Guid ChainId { get; init; }
    public required int Attempt { get; init; }
    public required int Position { get; init; }
    public required int SourceAttempt { get; init; }
    public required string Source { get; init; }
}

/// <summary>A scorer with all that its scores depend on.</summary>
public sealed class ScorerRow
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Configuration { get; init; }
}

/// <summary>What a scorer says of an attempt.</summary>
public sealed class ScoreRow
{
    public required Guid ChainId { get; init; }
    public required int Attempt { get; init; }
    public required Guid ScorerId { get; init; }
    public required double Value { get; init; }
    public required bool? Passed { get; init; }
    public required string? Reason { get; init; }
    public required string? Evidence { get; init; }
}

/// <summary>A drawing that waits for a score, or could not be scored.</summary>
public sealed class ScoringRow
{
    public required Guid SweepId { get; init; }
    public required Guid ScorerId { get; init; }
    public required Guid DrawingId { get; init; }
    public required int Epoch { get; init; }
    public required int? Worker { get; init; }
    public required string? Failure { get; init; }
}

/// <summary>Where an arm that was run elsewhere came from.</summary>
public sealed class ImportRow
{
    public required Guid SweepId { get; init; }
    public required int Arm { get; init; }
    public required string Format { get; init; }
    public required string Path { get; init; }
    public required byte[] Sha256 { get; init; }
    public required string Findings { get; init; }
    public DateTime ImportedAt { get; init; }
}

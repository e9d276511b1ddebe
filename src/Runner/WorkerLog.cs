using Microsoft.Extensions.Logging;

namespace ReflectDiT.Eval.Runner;

/// <summary>What a worker says, each once.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(1, LogLevel.Information, "Worker {Worker} begins a shift with {Slots} slots")]
    public static partial void ShiftBegan(this ILogger log, int worker, int slots);

    [LoggerMessage(2, LogLevel.Information, "Worker {Worker} has ended its shift; this process has drawn {Attempts} attempts")]
    public static partial void ShiftEnded(this ILogger log, int worker, int attempts);

    [LoggerMessage(3, LogLevel.Warning, "Chain {Chain} (epoch {Epoch}) was taken from worker {Worker}: its lease was lost")]
    public static partial void LeaseLost(this ILogger log, Guid chain, int epoch, int worker);

    [LoggerMessage(4, LogLevel.Warning, "Worker {Worker} was taken for lost by others, with its {Chains} chains: it goes on under a new number")]
    public static partial void AllLeasesLost(this ILogger log, int worker, int chains);

    [LoggerMessage(5, LogLevel.Warning, "A write of chain {Chain} (epoch {Epoch}) by worker {Worker} was refused: its lease was lost, and somebody else writes")]
    public static partial void WriteFenced(this ILogger log, Guid chain, int epoch, int worker);

    [LoggerMessage(6, LogLevel.Error, "Chain {Chain} failed (sweep {Sweep}, arm {Arm}, prompt {Prompt}, replicate {Replicate}): {Reason}")]
    public static partial void ChainFailed(
        this ILogger log, Guid chain, Guid sweep, string arm, int prompt, int replicate, string reason);

    [LoggerMessage(7, LogLevel.Warning, "Chain {Chain}: the {Stage} of attempt {Attempt} failed, and is tried again: {Reason}")]
    public static partial void CallRetried(this ILogger log, Guid chain, string stage, int attempt, string reason);

    [LoggerMessage(8, LogLevel.Error, "Sweep {Sweep} is parked, and left to others: {Reason}")]
    public static partial void SweepParked(this ILogger log, Guid sweep, string reason);

    [LoggerMessage(10, LogLevel.Error, "Arm {Arm} of sweep {Sweep} is parked, and left to others: {Reason}")]
    public static partial void ArmParked(this ILogger log, string arm, Guid sweep, string reason);

    [LoggerMessage(12, LogLevel.Information, "Chain {Chain}: another has drawn or judged the same as attempt {Attempt} before, with another result: it takes that one")]
    public static partial void FactAdopted(this ILogger log, Guid chain, int attempt);

    [LoggerMessage(13, LogLevel.Error, "Scorer {Scorer} of sweep {Sweep} is parked, and left to others: {Reason}")]
    public static partial void ScorerParked(this ILogger log, Guid scorer, Guid sweep, string reason);

    [LoggerMessage(14, LogLevel.Error, "Drawing {Drawing} could not be scored (sweep {Sweep}, prompt {Prompt}): {Reason}")]
    public static partial void ScoringFailed(this ILogger log, Guid drawing, Guid sweep, int prompt, string reason);

    [LoggerMessage(15, LogLevel.Warning, "Drawing {Drawing}: the score failed, and is tried again: {Reason}")]
    public static partial void ScoringRetried(this ILogger log, Guid drawing, string reason);

    [LoggerMessage(16, LogLevel.Warning, "{Scores} scores of worker {Worker} were refused: their lease was lost, and somebody else scores the same")]
    public static partial void ScoresLost(this ILogger log, int scores, int worker);

    [LoggerMessage(11, LogLevel.Information, "{Model} made room for another model")]
    public static partial void ModelUnloaded(this ILogger log, string model);

    [LoggerMessage(9, LogLevel.Information, "Loaded {Model} in {Seconds:0.###} s")]
    public static partial void ModelLoaded(this ILogger log, string model, double seconds);
}

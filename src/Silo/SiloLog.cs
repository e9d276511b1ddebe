using System.Net;
using Microsoft.Extensions.Logging;

namespace ReflectDiT.Eval.Silo;

/// <summary>What a silo says, each once.</summary>
internal static partial class SiloLog
{
    [LoggerMessage(1, LogLevel.Error, "This silo is lost, and joins again as a new one. {Sender}: {Context}")]
    public static partial void SiloLost(this ILogger log, object? sender, string? context, Exception? exception);

    [LoggerMessage(2, LogLevel.Warning, "This silo leaves without telling the others: {Reason}")]
    public static partial void LeavesWithoutAWord(this ILogger log, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Silo {Silo} does not reach the database, or hangs: it is declared dead")]
    public static partial void SiloDeclaredDead(this ILogger log, SiloAddress silo);

    [LoggerMessage(4, LogLevel.Warning, "{Address} did not prove that it belongs to this ledger's cluster: it is ignored")]
    public static partial void SecretNotShown(this ILogger log, EndPoint? address);
}

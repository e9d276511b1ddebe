using Microsoft.Extensions.Logging;

namespace ReflectDiT.Eval.Ledger;

/// <summary>What the ledger says of its database.</summary>
internal static partial class LedgerLog
{
    [LoggerMessage(1, LogLevel.Warning, "The database is away, and is waited for: {Reason}")]
    public static partial void OutageBegan(this ILogger log, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The database is back after {Seconds:0.0} s")]
    public static partial void OutageOver(this ILogger log, double seconds);
}

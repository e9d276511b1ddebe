using Microsoft.Extensions.Logging;

namespace ReflectDiT.Eval.Grains;

/// <summary>What <see cref="FaultLog"/> says.</summary>
internal static partial class GrainLog
{
    [LoggerMessage(1, LogLevel.Warning, "{What} failed, and is tried again: {Kind}: {Reason}")]
    public static partial void TriedAgain(this ILogger log, string what, string kind, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{What} works again")]
    public static partial void WorksAgain(this ILogger log, string what);
}

using System.Reflection;
using Npgsql;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Files;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Cli;

/// <summary>What a user reads when a command fails: what it was about, and what to do.</summary>
internal static class FaultText
{
    /// <summary>What went wrong, without the exceptions that only carry it.</summary>
    public static Exception Cause(Exception error) => error switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Cause(first),
        TargetInvocationException { InnerException: { } inner } => Cause(inner),
        // How EF Core carries what the database said.
        InvalidOperationException { InnerException: NpgsqlException inner } => inner,
        _ => error,
    };

    /// <summary>Of a <see cref="Cause"/>.</summary>
    public static string Of(Exception cause) => cause switch
    {
        LedgerException or ModelUnavailableException => cause.Message,
        IOException e when SystemFault.IsFullDisk(e) => $"the disk is full: {e.Message}. Make room there"
            + $"{Free(e.Message)}, then run the same command again.",
        UnauthorizedAccessException e => $"{(Quoted(e.Message) is { } path ? $"{path}: permission denied. {FileOwner.Describe(path)}: be" : "permission denied: be")} "
            + "that user, give yourself the right, or choose another folder.",
        IOException e when (Quoted(e.Message) ?? (e as FileNotFoundException)?.FileName) is { } path => $"{path}: {SystemFault.Of(e)}",
        IOException => cause.Message,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } e => $"the disk of the database's server is full ({e.MessageText}): make "
            + "room there, then run the same command again: it goes on.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } e => $"the database refuses: {e.MessageText}. Ask its "
            + "owner for the right, or give another role in --database.",
        PostgresException e => $"the database refuses: {e.MessageText} (SQLSTATE {e.SqlState})",
        NpgsqlException e => $"the database: {e.Message}",
        _ => SystemFault.OfProgram(cause),
    };

    /// <summary>The path that a message of the runtime names.</summary>
    private static string? Quoted(string message) => message.Split('\'') is [_, { Length: > 0 } path, ..] ? path : null;

    private static string Free(string message)
    {
        try
        {
            return Quoted(message) is { } path && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder
                ? $" ({new DriveInfo(folder).AvailableFreeSpace >> 20} MiB are free)"
                : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "";
        }
    }
}

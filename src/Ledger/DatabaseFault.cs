using System.Net.Sockets;
using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Why a database cannot be used, and what to do: in words for who called the program, not for who wrote it.</summary>
internal static class DatabaseFault
{
    private const string Option = "--database (or REFLECTDIT_DATABASE)";

    /// <param name="address">Npgsql's connection string; its password is not repeated.</param>
    /// <param name="privateFolder">Of a private server; null for one that somebody else runs.</param>
    /// <returns>Two sentences or more.</returns>
    public static string Of(Exception fault, string address, string? privateFolder)
    {
        if (fault is ArgumentException)
            return $"its address is none that can be read. Check {Option}.";
        var at = new NpgsqlConnectionStringBuilder(address);
        var server = at.Host is ['/', ..] ? $"the socket in {at.Host}" : $"{at.Host}:{at.Port}";
        var (what, advice) = fault switch
        {
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } e => (Said(e),
                "To read a ledger a role needs USAGE on its schema reflectdit and SELECT on its tables, to make one CREATE on the database."),
            PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } e => (Said(e),
                "Raise max_connections of the server, or lower 'Maximum Pool Size' in the connection strings."),
            PostgresException { SqlState: PostgresErrorCodes.DiskFull } e => (Said(e), "The disk of its server is full: make room there."),
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } e => (Said(e), $"Create it there, or name another in {Option}."),
            PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } e => (Said(e),
                $"Check user and password in {Option}, PGPASSFILE or PGPASSWORD, and the server's pg_hba.conf."),
            PostgresException e => (Said(e), $"Check {Option}, and its server."),
            { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound } } or SocketException { SocketErrorCode: SocketError.HostNotFound }
                => ($"no machine is known by the name {at.Host}.", $"Check {Option}."),
            { InnerException: SocketException or IOException or TimeoutException } or SocketException or TimeoutException
                => ($"nothing answers at {server}.", $"Check {Option}, and that its server runs."),
            _ => ($"{fault.Message.TrimEnd('.')}.", $"Check {Option}, and that its server runs."),
        };
        return privateFolder is null || fault is PostgresException { SqlState: PostgresErrorCodes.DiskFull } ? $"{what} {advice}"
            : $"{what} It is the private server of {privateFolder}: 'reflectdit db stop' ends it, the next command starts it again, and "
                + $"{Path.Combine(privateFolder, "postgres", "server.log")} says what went wrong.";

        string Said(PostgresException e) => $"{server} says '{e.MessageText}' (SQLSTATE {e.SqlState}).";
    }
}

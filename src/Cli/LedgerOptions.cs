using System.CommandLine;
using Microsoft.Extensions.Logging;
using Npgsql;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli;

/// <summary>Where the ledger is: the options of every verb that needs one.</summary>
internal sealed class LedgerOptions
{
    private const string DatabaseVariable = "REFLECTDIT_DATABASE";

    private readonly Option<string> _data = new("--data")
    {
        Description = "Folder of the images, and of the private PostgreSQL server when no --database is given",
        DefaultValueFactory = _ => ".reflectdit",
    };

    private readonly Option<string?> _database = new("--database")
    {
        Description = $"Npgsql connection string of a PostgreSQL database to use instead; also {DatabaseVariable}",
    };

    public void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_database);
    }

    public string Data(ParseResult parsed) => Path.GetFullPath(parsed.GetRequiredValue(_data));

    /// <summary>Null when the private server is to be used.</summary>
    /// <exception cref="UsageException">What is given is no connection string.</exception>
    public string? Database(ParseResult parsed)
    {
        var (source, given) = parsed.GetValue(_database) is { Length: > 0 } option
            ? (_database.Name, option)
            : (DatabaseVariable, Environment.GetEnvironmentVariable(DatabaseVariable));
        if (string.IsNullOrEmpty(given))
            return null;
        try
        {
            _ = new NpgsqlConnectionStringBuilder(given);
            return given;
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"{source}: expected an Npgsql connection string, such as "
                + $"Host=localhost;Username=me;Database=mine: {e.Message}", e);
        }
    }

    public Task<LedgerSession> OpenAsync(
        ParseResult parsed, CancellationToken cancellation, ILoggerFactory? logs = null) =>
        LedgerSession.OpenAsync(Data(parsed), Database(parsed), cancellation, logs);
}

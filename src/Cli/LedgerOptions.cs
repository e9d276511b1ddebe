using System.CommandLine;
using Microsoft.Extensions.Logging;
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
        Description = $"PostgreSQL database to use instead: Npgsql's connection string or a postgresql:// URI; also {DatabaseVariable}. "
            + "Its password is better in PGPASSFILE or PGPASSWORD",
    };

    public void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_database);
    }

    public string Data(ParseResult parsed) => Path.GetFullPath(parsed.GetRequiredValue(_data));

    /// <summary>Null when the private server is to be used.</summary>
    /// <exception cref="UsageException">What is given is no address of a database.</exception>
    public string? Database(ParseResult parsed)
    {
        var (source, given) = parsed.GetValue(_database) is { } option
            ? (_database.Name, option)
            : (DatabaseVariable, Environment.GetEnvironmentVariable(DatabaseVariable));
        if (string.IsNullOrEmpty(given))
            return null;
        try
        {
            return DatabaseAddress.Read(given);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{source}: expected an Npgsql connection string, such as "
                + $"Host=localhost;Username=me;Database=mine, or postgresql://me@localhost/mine: {e.Message}", e);
        }
    }

    /// <summary>Refuses an option of where a database is, where the verb is about the private server alone.</summary>
    public void RefuseDatabase(ParseResult parsed, string what)
    {
        if (parsed.GetValue(_database) is not null)
        {
            throw new UsageException($"{_database.Name}: {what}");
        }
    }

    /// <summary>For a verb that begins something: a ledger that is not there is made.</summary>
    public Task<LedgerSession> OpenAsync(
        ParseResult parsed, ImageUse images, CancellationToken cancellation, ILoggerFactory? logs = null)
    {
        var (data, database) = (Data(parsed), Database(parsed));
        if (database is null)
        {
            DataFolder.RefuseElsewhere(data);
        }

        return CheckedAsync(LedgerSession.OpenAsync(data, database, cancellation, logs), data, images, cancellation);
    }

    /// <summary>For a verb that looks at what is there, or changes it.</summary>
    /// <param name="images">Whether it needs them. A folder that was named has to be the ledger's in any case.</param>
    /// <param name="readOnly">The server refuses every write.</param>
    /// <exception cref="NoLedgerException">Nothing is there.</exception>
    public Task<LedgerSession> OpenExistingAsync(
        ParseResult parsed, CancellationToken cancellation, ILoggerFactory? logs = null, ImageUse images = ImageUse.None, bool readOnly = false)
    {
        var named = parsed.GetResult(_data) is { Implicit: false };
        var data = Data(parsed);
        return CheckedAsync(
            LedgerSession.OpenExistingAsync(data, Database(parsed), cancellation, logs, readOnly),
            data,
            images is ImageUse.None && named ? ImageUse.Read : images,
            cancellation);
    }

    private static async Task<LedgerSession> CheckedAsync(
        Task<LedgerSession> opening, string data, ImageUse images, CancellationToken cancellation)
    {
        var session = await opening;
        try
        {
            await DataFolder.CheckAsync(session, data, images, cancellation);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }
}

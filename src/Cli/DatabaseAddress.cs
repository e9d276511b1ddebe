using System.Data.Common;
using Npgsql;

namespace ReflectDiT.Eval.Cli;

/// <summary>A database as users name it: Npgsql's connection string, or the URI that PostgreSQL's own programs take.</summary>
internal static class DatabaseAddress
{
    private static readonly string[] Schemes = ["postgresql://", "postgres://"];

    /// <summary>Parameters of a URI, by Npgsql's names.</summary>
    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["connect_timeout"] = "Timeout",
        ["options"] = "Options",
        ["passfile"] = "Passfile",
        ["host"] = "Host",
        ["port"] = "Port",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
    };

    /// <summary>As Npgsql takes it.</summary>
    /// <exception cref="FormatException">It is none; the message does not repeat it, since it may hold a password.</exception>
    public static string Read(string text)
    {
        try
        {
            return Schemes.FirstOrDefault(s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase)) is { } scheme
                ? OfUri(text[scheme.Length..])
                : Checked(text).Host is not { Length: > 0 } host ? throw new FormatException("it does not name a Host")
                // libpq's form, which is taken for one long name of a host.
                : host.Contains('=') ? throw new FormatException("put semicolons between its parts, and Database for dbname")
                : text;
        }
        catch (ArgumentException e)
        {
            throw new FormatException("it is not made of parts NAME=VALUE with semicolons between them", e);
        }
    }

    private static NpgsqlConnectionStringBuilder Checked(string text)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var parts = new DbConnectionStringBuilder { ConnectionString = text };
        foreach (string name in parts.Keys)
            Set(builder, name, (string)parts[name], name);
        return builder;
    }

    /// <param name="said">The user's name for it. Values are not repeated: a semicolon that is missing makes a password part of one.</param>
    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string value, string said)
    {
        if (!builder.ContainsKey(name))
            throw new FormatException($"there is no part '{said}'");
        try
        {
            builder[name] = value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            throw new FormatException($"'{said}' cannot have this value", e);
        }
    }

    /// <summary><c>user:password@host:port,host:port/database?name=value&amp;...</c>, each part with its escapes.</summary>
    private static string OfUri(string text)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (rest, query) = Split(text, text.IndexOf('?'));
        var (authority, database) = Split(rest, rest.IndexOf('/'));
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Split(authority[..at], authority.IndexOf(':') is var colon && colon < at ? colon : -1);
            builder.Username = Uri.UnescapeDataString(user);
            builder.Password = password is null ? null : Uri.UnescapeDataString(password);
        }

        if (authority[(at + 1)..] is { Length: > 0 } hosts)
        {
            builder.Host = Uri.UnescapeDataString(hosts);
        }

        if (database is { Length: > 0 })
        {
            builder.Database = Uri.UnescapeDataString(database);
        }

        foreach (var pair in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Split(pair, pair.IndexOf('='));
            Set(
                builder,
                Parameters.GetValueOrDefault(name) ?? throw new FormatException(
                    $"the parameter '{name}' of the URI is not known here; known: {string.Join(", ", Parameters.Keys)}"),
                Uri.UnescapeDataString(value ?? "").Replace("verify-", "Verify", StringComparison.Ordinal),
                name);
        }

        return builder.Host is { Length: > 0 } ? builder.ConnectionString : throw new FormatException("the URI does not name a host");
    }

    private static (string Before, string? After) Split(string text, int at) => at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
}

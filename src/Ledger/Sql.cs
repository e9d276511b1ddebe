using Npgsql;
using NpgsqlTypes;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Parameters that may be null need their type said.</summary>
internal static class Sql
{
    public static NpgsqlParameter Optional(Guid? value) => Of(NpgsqlDbType.Uuid, value);

    public static NpgsqlParameter Optional(double? value) => Of(NpgsqlDbType.Double, value);

    public static NpgsqlParameter Optional(string? value) => Of(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Optional(int[]? value) => Of(NpgsqlDbType.Array | NpgsqlDbType.Integer, value);

    public static NpgsqlParameter Optional(string[]? value) => Of(NpgsqlDbType.Array | NpgsqlDbType.Text, value);

    private static NpgsqlParameter Of(NpgsqlDbType type, object? value) =>
        new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}

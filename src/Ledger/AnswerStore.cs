using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Answers to scorers' questions, each durable as soon as it is given: none is asked for again.</summary>
public sealed class AnswerStore(NpgsqlDataSource source)
{
    /// <summary>The name of an answer, by all that decides it.</summary>
    /// <param name="digest">Of the answerer's weights.</param>
    /// <param name="picture">SHA-256 of what is looked at: the image, or a part of it.</param>
    public static Guid IdOf(ModelConfiguration answerer, string digest, string question, byte[] picture) => Identity.Of(JsonSerializer.Serialize(
        new[] { "answer", (answerer with { Digest = null }).Identity, digest, question, Convert.ToHexStringLower(picture) }));

    /// <returns>Those that are known, with the time that the call took.</returns>
    public async Task<IReadOnlyDictionary<Guid, (Answer Answer, TimeSpan Took)>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand(
            "SELECT id, text, probability, tokens, device_seconds, price, seconds FROM reflectdit.answers WHERE id = ANY ($1)");
        find.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = ids.ToArray() });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var found = new Dictionary<Guid, (Answer, TimeSpan)>();
        while (await reader.ReadAsync(cancellation))
        {
            var answer = new Answer(reader.GetString(1), reader.GetFieldValue<double?>(2), reader.GetInt32(3), reader.GetDouble(4))
            {
                Price = reader.GetFieldValue<double?>(5),
            };
            found.Add(reader.GetGuid(0), (answer, TimeSpan.FromSeconds(reader.GetDouble(6))));
        }

        return found;
    }

    /// <summary>Makes an answer durable; of two that were given at once the first counts.</summary>
    /// <param name="image">SHA-256 of the artifact.</param>
    /// <returns>The one that counts.</returns>
    public async Task<(Answer Answer, TimeSpan Took)> KeepAsync(Guid id, byte[] image, Answer answer, TimeSpan took, CancellationToken cancellation)
    {
        await using var keep = source.CreateCommand("""
            INSERT INTO reflectdit.answers (id, image, text, probability, tokens, device_seconds, price, seconds)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING
            """);
        keep.Parameters.Add(new() { Value = id });
        keep.Parameters.Add(new() { Value = image });
        keep.Parameters.Add(new() { Value = answer.Text });
        keep.Parameters.Add(Sql.Optional(answer.Probability));
        keep.Parameters.Add(new() { Value = answer.Tokens });
        keep.Parameters.Add(new() { Value = answer.DeviceSeconds });
        keep.Parameters.Add(Sql.Optional(answer.Price));
        keep.Parameters.Add(new() { Value = took.TotalSeconds });
        return await keep.ExecuteNonQueryAsync(cancellation) > 0 ? (answer, took) : (await FindAsync([id], cancellation))[id];
    }
}

using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Keeps the votes of studies. An answer that is taken back stays, with a row that says so.</summary>
public sealed class VoteStore(NpgsqlDataSource source)
{
    /// <summary>
    /// Adds an answer, or takes one back. Refused, and false, where the showing has another number of revisions by now: the same
    /// form was sent before, or from another window.
    /// </summary>
    /// <param name="revision">How many rows the showing has, as whoever votes has seen it: even to answer, odd to take back.</param>
    /// <param name="answer">Null to take back.</param>
    public async Task<bool> AddAsync(
        Guid study, string rater, Showing showing, int revision, StudyAnswer? answer, double? seconds, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        return await AddAsync(connection, study, rater, showing, revision, answer, seconds, cancellation);
    }

    /// <summary>Votes of raters who are not in the study yet: all of them, or none.</summary>
    /// <exception cref="StudyNotFoundException">A rater is in the study already, or has answered a showing twice.</exception>
    public async Task ImportAsync(Guid study, IReadOnlyList<StudyVote> votes, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var rater in votes.Select(v => v.Rater).Distinct())
        {
            await using var add = new NpgsqlCommand(
                "INSERT INTO reflectdit.study_raters (study_id, rater) VALUES ($1, $2) ON CONFLICT DO NOTHING", connection, transaction)
            {
                Parameters = { new() { Value = study }, new() { Value = rater } },
            };
            if (await add.ExecuteNonQueryAsync(cancellation) == 0)
            {
                throw new StudyNotFoundException($"Rater '{rater}' is in the study already: nothing was imported. Votes of one rater come at once.");
            }
        }

        foreach (var vote in votes)
        {
            if (!await AddAsync(connection, study, vote.Rater, vote.Showing, 0, vote.Answer, vote.Seconds, cancellation))
            {
                throw new StudyNotFoundException($"Rater '{vote.Rater}' has two votes for showing {vote.Showing.Number}: nothing was imported.");
            }
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The answers that stand, by rater and showing.</summary>
    public async Task<IReadOnlyList<StudyVote>> OfStudyAsync(Guid study, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand("""
            SELECT rater, showing, pair, again, first_left, answer, seconds FROM reflectdit.study_answers
            WHERE study_id = $1 ORDER BY length(rater), rater, showing
            """);
        read.Parameters.Add(new() { Value = study });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var votes = new List<StudyVote>();
        while (await reader.ReadAsync(cancellation))
        {
            votes.Add(new(
                reader.GetString(0),
                new(reader.GetInt32(1), reader.GetInt32(2), reader.GetBoolean(3), reader.GetBoolean(4)),
                Enum.Parse<StudyAnswer>(reader.GetString(5), ignoreCase: true),
                await reader.IsDBNullAsync(6, cancellation) ? null : reader.GetDouble(6)));
        }

        return votes;
    }

    /// <summary>How many rows each showing has that a rater has answered or taken back: an odd number is an answer that stands.</summary>
    public async Task<IReadOnlyDictionary<int, int>> RevisionsAsync(Guid study, string rater, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand(
            "SELECT showing, count(*)::integer FROM reflectdit.study_votes WHERE study_id = $1 AND rater = $2 GROUP BY showing");
        read.Parameters.Add(new() { Value = study });
        read.Parameters.Add(new() { Value = rater });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var revisions = new Dictionary<int, int>();
        while (await reader.ReadAsync(cancellation))
        {
            revisions[reader.GetInt32(0)] = reader.GetInt32(1);
        }

        return revisions;
    }

    /// <summary>Another text whenever a study's results may be others.</summary>
    public async Task<string> VersionAsync(Guid study, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand("""
            SELECT concat_ws(' ', (SELECT count(*) FROM reflectdit.study_votes WHERE study_id = $1),
                (SELECT count(*) FROM reflectdit.study_raters WHERE study_id = $1))
            """);
        read.Parameters.Add(new() { Value = study });
        return (string)(await read.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<bool> AddAsync(
        NpgsqlConnection connection,
        Guid study,
        string rater,
        Showing showing,
        int revision,
        StudyAnswer? answer,
        double? seconds,
        CancellationToken cancellation)
    {
        await using var add = new NpgsqlCommand(
            """
            INSERT INTO reflectdit.study_votes (study_id, rater, showing, revision, pair, again, first_left, answer, seconds)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
            WHERE $4 = (SELECT count(*) FROM reflectdit.study_votes WHERE study_id = $1 AND rater = $2 AND showing = $3)
            ON CONFLICT DO NOTHING
            """, connection)
        {
            Parameters =
            {
                new() { Value = study },
                new() { Value = rater },
                new() { Value = showing.Number },
                new() { Value = revision },
                new() { Value = showing.Pair },
                new() { Value = showing.Again },
                new() { Value = showing.FirstLeft },
                Sql.Optional(answer is { } given ? SettingsJson.Key(given) : null),
                new() { NpgsqlDbType = NpgsqlDbType.Double, Value = seconds is { } s ? s : DBNull.Value },
            },
        };
        return await add.ExecuteNonQueryAsync(cancellation) == 1;
    }
}

using Npgsql;
using NpgsqlTypes;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Scoring;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Finds facts, many at once: what is asked while one question is on its way becomes the next one.</summary>
public sealed class FactStore
{
    private readonly NpgsqlDataSource _source;
    private readonly GroupedQuery<Guid, DrawingFact> _drawings;
    private readonly GroupedQuery<Guid, JudgementFact> _judgements;
    private readonly GroupedQuery<(Guid Drawing, Guid Scorer), ScoreFact> _scores;

    public FactStore(NpgsqlDataSource source)
    {
        _source = source;
        _drawings = new(FindDrawingsAsync);
        _judgements = new(FindJudgementsAsync);
        _scores = new(FindScoresAsync);
    }

    /// <returns>Null where nobody has drawn it.</returns>
    public Task<DrawingFact?> DrawingAsync(Guid id) => _drawings.AskAsync(id);

    /// <returns>Null where nobody has judged it.</returns>
    public Task<JudgementFact?> JudgementAsync(Guid id) => _judgements.AskAsync(id);

    /// <returns>Null where nobody has scored it.</returns>
    public Task<ScoreFact?> ScoreAsync(Guid drawing, Guid scorer) => _scores.AskAsync((drawing, scorer));

    private Task<Dictionary<Guid, DrawingFact>> FindDrawingsAsync(IReadOnlyList<Guid> ids) => FindAsync(
        "SELECT id, seed, image, seconds, device_seconds, function_evaluations, price, rewritten FROM reflectdit.find_drawings($1)",
        [Column(ids)],
        row => (row.GetGuid(0), new DrawingFact(
            row.GetGuid(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2), row.GetDouble(3), row.GetDouble(4), row.GetInt32(5))
        {
            Price = row.GetFieldValue<double?>(6),
            Rewritten = row.GetFieldValue<string?>(7),
        }));

    private Task<Dictionary<Guid, JudgementFact>> FindJudgementsAsync(IReadOnlyList<Guid> ids) => FindAsync(
        """
        SELECT id, accepted, score, no_score, feedback, text, seconds, device_seconds, tokens, yes_logit, no_logit, price
        FROM reflectdit.find_judgements($1)
        """,
        [Column(ids)],
        row => (row.GetGuid(0), new JudgementFact(
            row.GetGuid(0),
            new Verdict(row.GetBoolean(1), row.GetDouble(2), row.GetDouble(3), row.GetString(4)),
            row.GetString(5),
            row.GetDouble(6),
            row.GetDouble(7),
            row.GetInt32(8))
        {
            Logits = row.IsDBNull(9) ? null : new(row.GetDouble(9), row.GetDouble(10)),
            Price = row.GetFieldValue<double?>(11),
        }));

    private Task<Dictionary<(Guid, Guid), ScoreFact>> FindScoresAsync(IReadOnlyList<(Guid Drawing, Guid Scorer)> keys) => FindAsync(
        "SELECT drawing_id, scorer_id, value, passed, reason, evidence FROM reflectdit.find_scores($1, $2)",
        [Column([.. keys.Select(k => k.Drawing)]), Column([.. keys.Select(k => k.Scorer)])],
        row => ((row.GetGuid(0), row.GetGuid(1)), new ScoreFact(
            row.GetGuid(0),
            row.GetGuid(1),
            new Score(
                row.GetDouble(2),
                row.GetFieldValue<bool?>(3),
                row.GetFieldValue<string?>(4),
                row.GetFieldValue<string?>(5)))));

    private async Task<Dictionary<TKey, TFact>> FindAsync<TKey, TFact>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, (TKey Key, TFact Fact)> read)
        where TKey : notnull
        where TFact : Fact
    {
        await using var find = _source.CreateCommand(sql);
        find.Parameters.AddRange(parameters);
        await using var reader = await find.ExecuteReaderAsync();
        var found = new Dictionary<TKey, TFact>();
        while (await reader.ReadAsync())
        {
            var (key, fact) = read(reader);
            fact.Stored();
            found.Add(key, fact);
        }

        return found;
    }

    private static NpgsqlParameter Column(IReadOnlyList<Guid> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = values.ToArray() };
}

using Npgsql;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Ledger;

/// <summary>Keeps studies and who votes in them. A manifest is written once; the database refuses to change it.</summary>
public sealed class StudyStore(NpgsqlDataSource source)
{
    /// <summary>Writes the manifest, unless it is there already.</summary>
    /// <exception cref="StudyNotFoundException">Another study has its name, or the ledger does not have its sweep.</exception>
    public async Task<StudyRow> AddAsync(StudyManifest manifest, CancellationToken cancellation)
    {
        var json = manifest.ToJson();
        var id = Identity.Of(json);
        await using var add = source.CreateCommand(
            "INSERT INTO reflectdit.studies (id, name, sweep_id, manifest) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING");
        foreach (var value in new object[] { id, manifest.Name, manifest.Sweep, json })
        {
            add.Parameters.Add(new() { Value = value });
        }

        try
        {
            await add.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation)
        {
            throw new StudyNotFoundException($"Another study is called '{manifest.Name}': a manifest is never changed, so choose another name.");
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new StudyNotFoundException($"Study '{manifest.Name}' is about sweep {manifest.Sweep}, which this ledger does not hold.");
        }

        return (await ReadAsync("WHERE id = $1", id, cancellation)).Single();
    }

    /// <summary>Oldest first.</summary>
    public Task<IReadOnlyList<StudyRow>> AllAsync(CancellationToken cancellation) => ReadAsync("", null, cancellation);

    /// <summary>The study of a name, or of an id or the beginning of one (at least four digits).</summary>
    /// <exception cref="StudyNotFoundException">None fits, or more than one.</exception>
    public async Task<StudyRow> FindAsync(string nameOrId, CancellationToken cancellation)
    {
        nameOrId = PlainName.Of(nameOrId);
        var all = await AllAsync(cancellation);
        return all.FirstOrDefault(s => s.Name == nameOrId)
            ?? (nameOrId.Length >= 4 && all.Where(s => s.Id.ToString().StartsWith(nameOrId.ToLowerInvariant(), StringComparison.Ordinal)).ToList() is [var one] ? one : null)
            ?? throw new StudyNotFoundException($"No study is called '{nameOrId}'. " + (all.Count == 0
                ? "The ledger holds none yet: 'reflectdit study create' makes one."
                : $"The ledger holds: {string.Join(", ", all.Select(s => $"{s.Name} ({s.Id.ToString()[..8]})"))}."));
    }

    /// <summary>A new rater, who votes with a key that nobody can guess; written to the audit log with who let the rater in.</summary>
    public async Task<StudyRater> AddRaterAsync(StudyRow study, string who, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);

        // Two who ask at once get two names: the second looks when the first is done.
        await using var wait = new NpgsqlCommand("SELECT FROM reflectdit.studies WHERE id = $1 FOR UPDATE", connection, transaction)
        {
            Parameters = { new() { Value = study.Id } },
        };
        await wait.ExecuteNonQueryAsync(cancellation);
        await using var add = new NpgsqlCommand(
            """
            WITH rater AS (
                INSERT INTO reflectdit.study_raters (study_id, rater, key)
                SELECT $1, 'r' || min(n), gen_random_uuid()
                FROM generate_series(1, 1 + (SELECT count(*) FROM reflectdit.study_raters WHERE study_id = $1)) n
                WHERE 'r' || n NOT IN (SELECT rater FROM reflectdit.study_raters WHERE study_id = $1)
                RETURNING rater, key),
            told AS (
                INSERT INTO reflectdit.audit (who, action, sweep_id, subject) SELECT $2, 'add rater', $3, $4 || ': ' || rater FROM rater)
            SELECT rater, key FROM rater
            """, connection, transaction)
        {
            Parameters = { new() { Value = study.Id }, new() { Value = who }, new() { Value = study.Sweep }, new() { Value = study.Name } },
        };
        StudyRater rater;
        await using (var reader = await add.ExecuteReaderAsync(cancellation))
        {
            await reader.ReadAsync(cancellation);
            rater = new(reader.GetString(0), reader.GetGuid(1));
        }

        await transaction.CommitAsync(cancellation);
        return rater;
    }

    /// <summary>In the order in which they came.</summary>
    public async Task<IReadOnlyList<StudyRater>> RatersAsync(Guid study, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand(
            "SELECT rater, key FROM reflectdit.study_raters WHERE study_id = $1 ORDER BY added_at, length(rater), rater");
        read.Parameters.Add(new() { Value = study });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var raters = new List<StudyRater>();
        while (await reader.ReadAsync(cancellation))
        {
            raters.Add(new(reader.GetString(0), await reader.IsDBNullAsync(1, cancellation) ? null : reader.GetGuid(1)));
        }

        return raters;
    }

    /// <summary>Whose key it is; null where it is nobody's.</summary>
    public async Task<(Guid Study, string Rater)?> RaterOfAsync(Guid key, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand("SELECT study_id, rater FROM reflectdit.study_raters WHERE key = $1");
        read.Parameters.Add(new() { Value = key });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetGuid(0), reader.GetString(1)) : null;
    }

    /// <summary>The manifest, as it was written.</summary>
    /// <exception cref="StudyNotFoundException">There is no such study.</exception>
    public async Task<StudyManifest> ManifestAsync(Guid study, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand("SELECT manifest FROM reflectdit.studies WHERE id = $1");
        read.Parameters.Add(new() { Value = study });
        return await read.ExecuteScalarAsync(cancellation) is string json
            ? StudyManifest.FromJson($"study {study}", json)
            : throw new StudyNotFoundException($"There is no study {study}.");
    }

    /// <summary>SHA-256 of the image of each (arm, prompt, attempt) of replicate 0 of a sweep, in hexadecimal digits.</summary>
    public async Task<IReadOnlyDictionary<(int Arm, int Prompt, int Attempt), string>> ImagesAsync(Guid sweep, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand("""
            SELECT c.arm, c.prompt, a.index, encode(d.image, 'hex')
            FROM reflectdit.chains c JOIN reflectdit.attempts a ON a.chain_id = c.id JOIN reflectdit.drawings d ON d.id = a.drawing_id
            WHERE c.sweep_id = $1 AND c.replicate = 0 AND c.state = 'done' AND d.image IS NOT NULL
            """);
        read.Parameters.Add(new() { Value = sweep });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var images = new Dictionary<(int, int, int), string>();
        while (await reader.ReadAsync(cancellation))
        {
            images[(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2))] = reader.GetString(3);
        }

        return images;
    }

    private async Task<IReadOnlyList<StudyRow>> ReadAsync(string where, Guid? id, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand($"SELECT id, name, sweep_id, created_at FROM reflectdit.studies {where} ORDER BY created_at, name");
        if (id is { } value)
        {
            read.Parameters.Add(new() { Value = value });
        }

        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var studies = new List<StudyRow>();
        while (await reader.ReadAsync(cancellation))
        {
            studies.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetGuid(2), reader.GetDateTime(3)));
        }

        return studies;
    }
}

/// <summary>A study without its manifest.</summary>
public sealed record StudyRow(Guid Id, string Name, Guid Sweep, DateTime CreatedAt);

/// <param name="Rater">The pseudonym.</param>
/// <param name="Key">Whoever has it votes as this rater; null for votes from elsewhere.</param>
public sealed record StudyRater(string Rater, Guid? Key);

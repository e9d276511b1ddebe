using Npgsql;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Ledger;

/// <summary>The models of sweeps: what they are called, where they run unless a worker says otherwise, and their weights.</summary>
public sealed class ModelStore(NpgsqlDataSource source)
{
    public async Task<IReadOnlyList<NamedModel>> OfSweepAsync(Guid sweep, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand(
            "SELECT name, configuration, placement FROM reflectdit.models WHERE sweep_id = $1 ORDER BY name");
        find.Parameters.Add(new() { Value = sweep });
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var models = new List<NamedModel>();
        while (await reader.ReadAsync(cancellation))
        {
            models.Add(new(
                reader.GetString(0), ModelConfiguration.FromJson(reader.GetString(1)), Placement.FromJson(reader.GetString(2))));
        }

        return models;
    }

    /// <summary>The digest of a model's weights, as the first load of any worker said it.</summary>
    /// <returns>Null where nobody has loaded it yet.</returns>
    public async Task<string?> DigestAsync(Guid sweep, ModelConfiguration model, CancellationToken cancellation)
    {
        await using var find = source.CreateCommand("SELECT digest FROM reflectdit.models WHERE sweep_id = $1 AND id = $2");
        find.Parameters.Add(new() { Value = sweep });
        find.Parameters.Add(new() { Value = Identity.Of(model.Identity) });
        return await find.ExecuteScalarAsync(cancellation) as string;
    }

    /// <summary>Binds a model to the digest of its weights, once and for all: the first load of any worker says which.</summary>
    /// <returns>The digest that the ledger holds from then on, or held before.</returns>
    public async Task<string> BindAsync(Guid sweep, ModelConfiguration model, string digest, CancellationToken cancellation)
    {
        await using var bind = source.CreateCommand(
            "UPDATE reflectdit.models SET digest = coalesce(digest, $3) WHERE sweep_id = $1 AND id = $2 RETURNING digest");
        bind.Parameters.Add(new() { Value = sweep });
        bind.Parameters.Add(new() { Value = Identity.Of(model.Identity) });
        bind.Parameters.Add(new() { Value = digest });
        return await bind.ExecuteScalarAsync(cancellation) as string
            ?? throw new LedgerException($"Sweep {sweep} has no model {model.Title}: its rows were changed by hand.");
    }

    /// <summary>In the transaction of the connection; what is there already keeps its digest, and takes name and placement.</summary>
    internal static async Task WriteAsync(
        NpgsqlConnection connection, Guid sweep, IReadOnlyList<NamedModel> models, CancellationToken cancellation)
    {
        foreach (var model in models)
        {
            await using var write = new NpgsqlCommand(
                """
                INSERT INTO reflectdit.models (sweep_id, id, name, configuration, placement) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (sweep_id, id) DO UPDATE SET name = EXCLUDED.name, placement = EXCLUDED.placement
                """, connection)
            {
                Parameters =
                {
                    new() { Value = sweep },
                    new() { Value = Identity.Of(model.Model.Identity) },
                    new() { Value = model.Name },
                    new() { Value = model.Model.Identity },
                    new() { Value = model.Placement.ToJson() },
                },
            };
            await write.ExecuteNonQueryAsync(cancellation);
        }
    }
}

using Npgsql;
using ReflectDiT.Eval.Ledger.Files;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger;

/// <summary>What a command does with the images of a ledger.</summary>
public enum ImageUse
{
    /// <summary>Nothing: the folder may be any but another ledger's.</summary>
    None,

    /// <summary>It reads them, or was told where they are.</summary>
    Read,

    /// <summary>It writes some: the first who does ties the folder to the ledger.</summary>
    Write,
}

/// <summary>
/// Ties the folder of the images to its ledger: a file in the folder says which ledger it is of, and the ledger where its
/// folder is. The folder may be moved, or mounted elsewhere: the file goes with it.
/// </summary>
public static class DataFolder
{
    public const string Marker = "ledger.id";

    private const int MarkerSize = 4096;

    /// <exception cref="LedgerException">The folder is not that of this ledger's images.</exception>
    public static async Task CheckAsync(LedgerSession ledger, string folder, ImageUse use, CancellationToken cancellation)
    {
        var (id, known) = await IdentityAsync(ledger.Source, cancellation);
        var found = Find(folder);
        if (found is not null && found != id)
        {
            throw new LedgerException($"{folder} holds the images of another ledger; those of this database are in "
                + $"{known ?? "no folder yet"}. Give the --data and the --database (or none) that belong together.");
        }

        if (found is null && known is not null && use != ImageUse.None)
        {
            throw new LedgerException($"{folder} does not hold the images of this ledger: they are in {known}. Give that as --data, or "
                + $"the place where it is mounted here: it holds the file {Marker}.");
        }

        if (use == ImageUse.Write && known is null)
        {
            await TieAsync(ledger.Source, folder, id, found is null, cancellation);
        }
    }

    /// <summary>Before a private server is made for a folder: one of another ledger must not get a second.</summary>
    /// <exception cref="LedgerException">Its ledger is elsewhere.</exception>
    public static void RefuseElsewhere(string folder)
    {
        if (Find(folder) is { } other && !PrivateServer.IsIn(folder))
        {
            throw new LedgerException($"{folder} holds the images of a ledger in another database ({other}): give its --database, or "
                + $"another --data. If that ledger is gone for good, remove {Path.Combine(folder, Marker)}.");
        }
    }

    private static async Task<(Guid Id, string? Folder)> IdentityAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var read = source.CreateCommand("SELECT id, data_folder FROM reflectdit.identity");
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetGuid(0), await reader.IsDBNullAsync(1, cancellation) ? null : reader.GetString(1));
    }

    private static Guid? Find(string folder)
    {
        var marker = Path.Combine(folder, Marker);
        if (!File.Exists(marker))
        {
            return null;
        }

        var text = RegularFile.ReadText(marker, MarkerSize);
        return Guid.TryParse(text.Split('\n')[0], out var id)
            ? id
            : throw new LedgerException($"{marker} does not say which ledger the folder belongs to: expected an id in its first line.");
    }

    /// <summary>First the file, then the row: a folder that has the file is the ledger's, whatever comes between.</summary>
    private static async Task TieAsync(NpgsqlDataSource source, string folder, Guid id, bool mark, CancellationToken cancellation)
    {
        var marker = Path.Combine(folder, Marker);
        if (mark)
        {
            Directory.CreateDirectory(folder);
            var made = $"{marker}.{Guid.NewGuid():N}";
            await File.WriteAllTextAsync(made, $"{id}\nThe images in this folder are of the reflectdit ledger of this id.\n", cancellation);
            File.Move(made, marker, overwrite: true);
        }

        await using var tie = source.CreateCommand(
            "UPDATE reflectdit.identity SET data_folder = $1 WHERE data_folder IS NULL");
        tie.Parameters.Add(new() { Value = folder });
        if (await tie.ExecuteNonQueryAsync(cancellation) == 0 && mark
            && await IdentityAsync(source, cancellation) is { Folder: { } other } && other != folder && Find(other) != id)
        {
            File.Delete(marker);
            throw new LedgerException($"The images of this ledger are in {other}, since a moment ago, and not in {folder}. Give that as --data.");
        }
    }
}

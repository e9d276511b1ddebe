using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>Thumbnails by the hash of their image, each made once and kept below one folder: <c>256/a/bcdef….webp</c>.</summary>
/// <param name="folder">What is there may be deleted at any time. Where it cannot be written, thumbnails are made again.</param>
public sealed class ThumbnailStore(ArtifactStore artifacts, string folder)
{
    private static readonly SemaphoreSlim Makers = new(Environment.ProcessorCount);

    /// <param name="image">SHA-256 in 64 lower-case hexadecimal digits.</param>
    /// <param name="size">One of <see cref="Links.ThumbnailSizes"/>.</param>
    /// <exception cref="LedgerException">The image is missing or damaged.</exception>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public async Task<byte[]> ReadAsync(string image, int size, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, $"{size}", image[..1], image[1..] + ".webp");
        if (File.Exists(path))
        {
            return await File.ReadAllBytesAsync(path, cancellation);
        }

        await Makers.WaitAsync(cancellation);
        try
        {
            var made = Thumbnail.Encode(await artifacts.ReadAsync(Convert.FromHexString(image), cancellation), size);
            Keep(path, made);
            return made;
        }
        finally
        {
            Makers.Release();
        }
    }

    private static void Keep(string path, byte[] content)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var part = $"{path}.{Guid.NewGuid():N}.part";
            File.WriteAllBytes(part, content);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that is only read, or a full disk: looking works all the same.
        }
    }
}

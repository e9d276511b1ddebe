using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Dashboard.Reports;

/// <summary>The pages of a sweep as files that open without a server: the same pages, linked to each other.</summary>
public static class StaticReport
{
    /// <param name="path">A new folder; it appears whole or not at all.</param>
    /// <param name="originals">Take the images themselves along, and not only thumbnails.</param>
    /// <param name="thumbnails">A folder that keeps thumbnails for the next time.</param>
    /// <returns>Pages and images written, and images that are gone.</returns>
    /// <exception cref="InvalidDataException">There is something in the folder already.</exception>
    /// <exception cref="SweepNotFoundException">The sweep has no scorer of this name.</exception>
    public static async Task<(int Pages, int Images, int Lost)> WriteAsync(
        LedgerSession session,
        SweepRow sweep,
        string? scorer,
        Prices? prices,
        string path,
        bool originals,
        string thumbnails,
        CancellationToken cancellation)
    {
        ExportFolder.Check(path);
        using var folder = new ExportFolder(path, session.Artifacts);
        await using var renderer = new PageRenderer();
        var loader = new PageLoader(
            session, new(session, () => 0, TimeProvider.System), new(session, prices), new(session, TimeProvider.System), prices, Timeout.InfiniteTimeSpan, controls: false);
        var content = new BundleContent(originals, image => Path.GetExtension(session.Artifacts.PathOf(Convert.FromHexString(image))));
        var key = sweep.Id.ToString()[..8];
        content.Add("index.html", new PageAddress.Sweep(key, scorer));
        foreach (var asset in PageAssets.Files)
        {
            folder.Write($"assets/{asset.Name}", asset.Content);
        }

        var (pages, images, lost) = (0, 0, 0);
        var store = new ThumbnailStore(session.Artifacts, thumbnails);
        while (!content.Pages.IsEmpty || !content.Images.IsEmpty)
        {
            await Parallel.ForEachAsync(Taken(content.Pages), cancellation, async (page, stop) =>
            {
                var loaded = await loader.LoadAsync(page.Page, stop);
                folder.Write(page.File, await renderer.RenderAsync(loaded, new BundleLinks(content, page.File, key, scorer)));
                Interlocked.Increment(ref pages);
            });
            await Parallel.ForEachAsync(Taken(content.Images), cancellation, async (image, stop) =>
            {
                try
                {
                    folder.Write(image.File, image.Size is { } size
                        ? await store.ReadAsync(image.Image, size, stop)
                        : await session.Artifacts.ReadAsync(Convert.FromHexString(image.Image), stop));
                    Interlocked.Increment(ref images);
                }
                catch (Exception e) when (e is LedgerException or InvalidDataException)
                {
                    Interlocked.Increment(ref lost);
                }
            });
        }

        folder.Commit();
        return (pages, images, lost);
    }

    /// <summary>What is there now; what it leads to comes in the next round.</summary>
    private static List<T> Taken<T>(System.Collections.Concurrent.ConcurrentQueue<T> queue)
    {
        var taken = new List<T>();
        while (queue.TryDequeue(out var next))
        {
            taken.Add(next);
        }

        return taken;
    }
}

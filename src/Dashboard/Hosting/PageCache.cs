using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>A page as it is sent.</summary>
/// <param name="Tag">Another with another content.</param>
internal sealed record WrittenPage(byte[] Html, string Tag, int Status, bool Unfinished);

/// <summary>
/// Pages as they were written last, for all who look at the same: it is written anew when something has changed since, and
/// after a while in any case, as workers' heartbeats are told to nobody.
/// </summary>
internal sealed class PageCache(
    LedgerSession session, PageLoader loader, PageRenderer renderer, Links links, LedgerChanges changes, DatabaseTime time, string formToken, TimeProvider clock)
{
    private const int MostPages = 512;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>No page waits for longer: one that the database keeps waiting holds up no other.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(200);

    /// <summary>When everybody looks again, a page for each core at a time: more would only make each take longer.</summary>
    private static readonly SemaphoreSlim Turn = new(Environment.ProcessorCount);

    private readonly ConcurrentDictionary<string, Entry> _pages = [];

    private sealed record Entry(long Version, DateTimeOffset At, Lazy<Task<WrittenPage>> Page);

    /// <summary>Throws what the loader throws.</summary>
    public async Task<WrittenPage> GetAsync(PageAddress address)
    {
        var (key, version, now) = (address.Url, changes.Version, clock.GetUtcNow());
        if (_pages.Count > MostPages)
        {
            _pages.Clear();
        }

        var entry = _pages.AddOrUpdate(
            key,
            _ => Fresh(),
            (_, old) => old.Version == version && now - old.At < Longest && !IsPoor(old) ? old : Fresh());
        return await entry.Page.Value;

        Entry Fresh() => new(version, now, new(() => WriteAsync(address)));
    }

    /// <summary>It failed, or was not finished: worth another try.</summary>
    private static bool IsPoor(Entry entry) => entry.Page is { IsValueCreated: true, Value: { IsCompleted: true } page }
        && (!page.IsCompletedSuccessfully || page.Result.Unfinished);

    private async Task<WrittenPage> WriteAsync(PageAddress address)
    {
        DatabaseTime.ChargedTo(time);
        var hasTurn = await Turn.WaitAsync(LongestTurn);
        try
        {
            var way = time.MeasureWayAsync(session.Source);
            var content = await loader.LoadAsync(address, CancellationToken.None);
            await way;
            return await RenderAsync(content);
        }
        finally
        {
            if (hasTurn)
            {
                Turn.Release();
            }
        }
    }

    private async Task<WrittenPage> RenderAsync(PageContent content)
    {
        var html = Encoding.UTF8.GetBytes(await renderer.RenderAsync(content, links, formToken));
        return new(html, $"\"{Convert.ToHexStringLower(SHA256.HashData(html).AsSpan(0, 12))}\"", content.Status, content.Unfinished);
    }
}

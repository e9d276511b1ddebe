using System.Collections.Concurrent;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Dashboard.Pages;

namespace ReflectDiT.Eval.Dashboard.Reports;

/// <summary>What a bundle needs so far: each page and image once.</summary>
internal sealed class BundleContent(bool originals, Func<string, string> endingOf)
{
    private readonly ConcurrentDictionary<string, byte> _known = [];

    /// <summary>Pages that were linked to, and are not written yet.</summary>
    public ConcurrentQueue<(string File, PageAddress Page)> Pages { get; } = [];

    /// <summary>Likewise images; size null for originals.</summary>
    public ConcurrentQueue<(string File, string Image, int? Size)> Images { get; } = [];

    public bool Originals => originals;

    public string Add(string file, PageAddress page)
    {
        if (_known.TryAdd(file, 0))
        {
            Pages.Enqueue((file, page));
        }

        return file;
    }

    public string Add(string image, int? size)
    {
        var file = size is null ? $"images/{image}{endingOf(image)}" : $"images/{size}/{image}.webp";
        if (_known.TryAdd(file, 0))
        {
            Images.Enqueue((file, image, size));
        }

        return file;
    }
}

/// <summary>Relative links from one page of a bundle; what is linked to becomes part of it.</summary>
/// <param name="from">The page's own file.</param>
/// <param name="sweep">The key of the sweep.</param>
internal sealed class BundleLinks(BundleContent content, string from, string sweep, string? scorer) : Links
{
    private readonly string _up = string.Concat(Enumerable.Repeat("../", from.Count(c => c == '/')));

    public override bool IsServed => false;

    /// <summary>A bundle has no page for every filter and every N: those that are left out are no links.</summary>
    public override string? To(PageAddress page) => page is PageAddress.OfSweep of && of.Id == sweep && of.Scorer == scorer && FileOf(page) is { } file
        ? _up + content.Add(file, page) + (page is PageAddress.Chain { Attempt: { } attempt } ? $"#a{attempt}" : "")
        : null;

    public override string Thumbnail(string image, int size) => _up + content.Add(image, content.Originals || size <= 256 ? size : 256);

    public override string Large(string image) => _up + content.Add(image, content.Originals ? null : ThumbnailSizes[^1]);

    public override string? Original(string image) => content.Originals ? Large(image) : null;

    public override string Asset(string name) => $"{_up}assets/{name}";

    private static string? FileOf(PageAddress page) => page switch
    {
        PageAddress.Sweep { Axis: CurveFigure.OverN } => "index.html",
        PageAddress.Sweep curves => $"curves/{curves.Axis}.html",
        PageAddress.Prompts { Of: { Category: null, Text: null, ByDifficulty: false } filter } prompts =>
            $"prompts/{filter.Show ?? "all"}-{prompts.Number}.html",
        PageAddress.Chain chain => $"chains/{chain.Arm}-{chain.Prompt}-{chain.Replicate}.html",
        PageAddress.Compare { N: null, Category: null, Show: ShownPairs.Flipped or ShownPairs.All } compare
            when (compare.Arms ?? [1, 0]) is [var first, var second] && first > second =>
            $"compare/{first}-{second}-{compare.Show.ToString().ToLowerInvariant()}-"
                + $"{(compare.Prompt is { } prompt ? $"{prompt}" : "first")}-{compare.Replicate}.html",
        _ => null,
    };
}

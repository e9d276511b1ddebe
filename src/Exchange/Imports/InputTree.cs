using System.IO.Enumeration;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>The files of a folder that is imported, in order of their names. No link is followed.</summary>
internal sealed record InputTree(string Root, IReadOnlyList<string> Files, IReadOnlyList<string> Links)
{
    public static InputTree Of(string root)
    {
        var found = new FileSystemEnumerable<(string Path, bool IsLink)>(
            root,
            (ref entry) => (entry.ToSpecifiedFullPath(), IsLink(ref entry)),
            new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory || IsLink(ref entry),
            ShouldRecursePredicate = (ref entry) => !IsLink(ref entry),
        }.OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        return new(root, [.. found.Where(f => !f.IsLink).Select(f => f.Path)], [.. found.Where(f => f.IsLink).Select(f => f.Path)]);
    }

    /// <summary>One of each link.</summary>
    public IEnumerable<Finding> Findings => Links.Select(link => new Finding(FindingKind.NoRecord, "a link: it is not followed", link));

    private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
}

using System.Reflection;
using System.Security.Cryptography;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>A file that pages need, and that comes with the program.</summary>
/// <param name="Version">Of its content: another content has another address.</param>
public sealed record PageAsset(string Name, string ContentType, byte[] Content, string Version);

/// <summary>Style, script and icon.</summary>
public static class PageAssets
{
    public const string Style = "dashboard.css";
    public const string Script = "dashboard.js";
    public const string Icon = "icon.svg";

    private static readonly Lazy<IReadOnlyDictionary<string, PageAsset>> All = new(() => new[]
    {
        Read(Style, "text/css; charset=utf-8"),
        Read(Script, "text/javascript; charset=utf-8"),
        Read(Icon, "image/svg+xml"),
    }.ToDictionary(a => a.Name));

    public static IEnumerable<PageAsset> Files => All.Value.Values;

    public static PageAsset? Find(string name) => All.Value.GetValueOrDefault(name);

    private static PageAsset Read(string name, string type)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        return new(name, type, bytes, Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]);
    }
}

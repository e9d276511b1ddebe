using System.Security.Cryptography;
using System.Text.Json;

namespace ReflectDiT.Eval.Images.Tests;

/// <summary>The files in <c>fixtures</c>; <c>image_fixtures.py</c> says where they come from.</summary>
internal static class Fixtures
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures");

    private static readonly JsonElement Pixels = JsonDocument.Parse(Read("pixels.json")).RootElement;

    /// <summary>All whose pixels are known.</summary>
    public static TheoryData<string> Names => new(Pixels.EnumerateObject().Select(p => p.Name));

    public static TheoryData<string> Refused =>
        new(Directory.GetFiles(Folder, "refused-*").Select(path => Path.GetFileName(path)));

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    public static void AssertPixels(string name, RgbImage image)
    {
        var expected = Pixels.GetProperty(name);
        Assert.Equal(
            (expected.GetProperty("width").GetInt32(), expected.GetProperty("height").GetInt32()),
            (image.Width, image.Height));
        Assert.Equal(
            expected.GetProperty("rgb_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(image.Rgb)));
    }
}

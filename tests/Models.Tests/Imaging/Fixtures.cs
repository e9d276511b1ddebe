using System.Security.Cryptography;
using System.Text.Json;
using ReflectDiT.Eval.Models.Imaging;

namespace ReflectDiT.Eval.Models.Tests.Imaging;

/// <summary>The files in <c>fixtures</c>; <c>png_fixtures.py</c> says where they come from.</summary>
internal static class Fixtures
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Imaging", "fixtures");

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    /// <summary>Asserts that an image has the size and the pixels that Python's decoder found in a fixture.</summary>
    public static void AssertPixels(string name, RgbImage image)
    {
        using var document = JsonDocument.Parse(Read("pixels.json"));
        var expected = document.RootElement.GetProperty(name);
        Assert.Equal(expected.GetProperty("width").GetInt32(), image.Width);
        Assert.Equal(expected.GetProperty("height").GetInt32(), image.Height);
        var rgb = image.Pixels.SelectMany(p => new[] { (byte)(p >> 16), (byte)(p >> 8), (byte)p }).ToArray();
        Assert.Equal(expected.GetProperty("rgb_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(rgb)));
    }
}

using SkiaSharp;

namespace ReflectDiT.Eval.Exchange.Tests;

/// <summary>Small images that are whole.</summary>
internal static class TestImages
{
    public static byte[] Encoded(SKEncodedImageFormat format, int width = 3, int height = 2)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(SKColors.Teal);
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }
}

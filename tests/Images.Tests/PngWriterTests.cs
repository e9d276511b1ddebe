using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace ReflectDiT.Eval.Images.Tests;

public sealed class PngWriterTests
{
    /// <summary>Noise, runs, and rows like the row above, of any size: what a compressor has to tell apart.</summary>
    private static readonly Gen<IndexedImage> AnyImage =
        from width in Gen.Choose(1, 600)
        from height in Gen.Choose(1, 30)
        from colours in Gen.Choose(1, 256)
        from repeat in Gen.Choose(0, 100)
        from seed in Gen.Choose(0, int.MaxValue)
        select Random(width, height, colours, repeat, (uint)seed);

    [Fact]
    public void What_is_written_is_read_back() =>
        Prop.ForAll(AnyImage.ToArbitrary(), AssertReadBack).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(258)]
    [InlineData(32_767)]
    [InlineData(32_768)]
    [InlineData(40_000)]
    public void A_row_of_any_length_is_read_back(int width) => AssertReadBack(Random(width, 4, 9, 60, 5));

    [Fact]
    public void The_bytes_do_not_depend_on_the_machine()
    {
        var images = new[] { Random(256, 256, 14, 99, 1), Random(300, 20, 256, 0, 2), Random(70, 90, 3, 80, 3) };
        Assert.Equal(
            "72e859d7",
            Convert.ToHexStringLower(SHA256.HashData([.. images.SelectMany(PngWriter.Encode)]))[..8]);
    }

    private static void AssertReadBack(IndexedImage image)
    {
        var read = ImageReader.Decode(PngWriter.Encode(image));
        Assert.Equal((image.Width, image.Height), (read.Width, read.Height));
        Assert.Equal(
            image.Indices.Select(i => image.Palette[i]).SelectMany(c => new[] { (byte)(c >> 16), (byte)(c >> 8), (byte)c }),
            read.Rgb);
    }

    private static IndexedImage Random(int width, int height, int colours, int repeat, uint seed)
    {
        var pixels = new byte[width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var source = Below(100) >= repeat ? -1 : Below(2) == 0 ? i - 1 : i - width;
            pixels[i] = source >= 0 ? pixels[source] : (byte)Below(colours);
        }

        return new IndexedImage(
            width, height, pixels, [.. Enumerable.Range(0, colours).Select(_ => (uint)Below(1 << 24))]);

        int Below(int limit)
        {
            seed = seed * 1_664_525 + 1_013_904_223;
            return (int)((ulong)seed * (uint)limit >> 32);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(300, 200)]
    public void Colours_are_read_back_as_they_were_written(int width, int height)
    {
        var bytes = new byte[3 * width * height];
        new Random(width).NextBytes(bytes);
        bytes.AsSpan(bytes.Length / 2).Fill(77); // a flat half

        var read = ImageReader.Decode(PngWriter.Encode(new RgbImage(width, height, bytes)));

        Assert.Equal((width, height), (read.Width, read.Height));
        Assert.Equal(bytes, read.Rgb);
    }
}

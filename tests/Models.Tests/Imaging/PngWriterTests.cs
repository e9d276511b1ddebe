using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Models.Imaging;
using ReflectDiT.Eval.Models.Simulated;
using ReflectDiT.Eval.Models.Tests.Simulated;

namespace ReflectDiT.Eval.Models.Tests.Imaging;

public sealed class PngWriterTests
{
    /// <summary>Noise, runs, and rows like the row above, of any size: what a compressor has to tell apart.</summary>
    private static readonly Gen<IndexedImage> AnyImage =
        from width in Gen.Choose(1, 600)
        from height in Gen.Choose(1, 30)
        from colours in Gen.Choose(1, 256)
        from repeat in Gen.Choose(0, 100)
        from seed in Gen.Choose(0, int.MaxValue)
        select Random(width, height, colours, repeat, seed);

    [Fact]
    public void What_is_written_is_read_back() =>
        Prop.ForAll(AnyImage.ToArbitrary(), image =>
        {
            var read = PngReader.Read(PngWriter.Write(image));
            Assert.Equal((image.Width, image.Height), (read.Width, read.Height));
            Assert.Equal(image.Indices.Select(i => image.Palette[i]), read.Pixels);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("written-empty.png")]
    [InlineData("written-six.png")]
    [InlineData("written-nine.png")]
    public void The_bytes_are_those_that_an_independent_decoder_has_checked(string name)
    {
        var image = CardPainter.Paint(FixedScenes.All[name]);
        Assert.Equal(Fixtures.Read(name), PngWriter.Write(image));
        Fixtures.AssertPixels(name, new RgbImage(
            image.Width, image.Height, [.. image.Indices.Select(i => image.Palette[i])]));
    }

    private static IndexedImage Random(int width, int height, int colours, int repeat, int seed)
    {
        var random = new Core.Random.NumpyRandom((ulong)seed);
        var pixels = new byte[width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var source = random.NextInt(100) >= repeat ? -1 : random.NextInt(2) == 0 ? i - 1 : i - width;
            pixels[i] = source >= 0 ? pixels[source] : (byte)random.NextInt(colours);
        }

        return new IndexedImage(
            width, height, pixels, [.. Enumerable.Range(0, colours).Select(_ => (uint)random.NextInt(1 << 24))]);
    }
}

using ReflectDiT.Eval.Models.Imaging;

namespace ReflectDiT.Eval.Models.Tests.Imaging;

public sealed class PngReaderTests
{
    [Theory]
    [InlineData("read-grey.png")]
    [InlineData("read-rgb.png")]
    [InlineData("read-palette.png")]
    [InlineData("read-rgba.png")]
    public void Another_encoders_image_is_read_with_every_filter(string name) =>
        Fixtures.AssertPixels(name, PngReader.Read(Fixtures.Read(name)));

    [Theory]
    [InlineData("refused-grey-alpha.png", "colour type 4")]
    [InlineData("refused-16-bit.png", "16 bits")]
    [InlineData("refused-interlaced.png", "interlace 1")]
    [InlineData("refused-short-palette.png", "palette index")]
    [InlineData("refused-no-palette.png", "PLTE")]
    public void What_cannot_be_read_is_refused_by_name(string name, string said)
    {
        var error = Assert.Throws<InvalidDataException>(() => PngReader.Read(Fixtures.Read(name)));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains("expected", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read-palette.png")]
    [InlineData("written-six.png")]
    public void One_changed_bit_anywhere_is_refused(string name)
    {
        var file = Fixtures.Read(name);
        for (var i = 0; i < file.Length; i++)
        {
            var damaged = file.ToArray();
            damaged[i] ^= (byte)(1 << (i % 8));
            Assert.Throws<InvalidDataException>(() => PngReader.Read(damaged));
        }
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        var file = Fixtures.Read("read-rgb.png");
        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => PngReader.Read(file.AsMemory(0, length)));
        }
    }
}

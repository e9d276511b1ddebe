namespace ReflectDiT.Eval.Images.Tests;

public sealed class ImageReaderTests
{
    public static TheoryData<string> Names => Fixtures.Names;

    public static TheoryData<string> Refused => Fixtures.Refused;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_pixels_are_those_that_the_format_says(string name) =>
        Fixtures.AssertPixels(name, ImageReader.Decode(Fixtures.Read(name)));

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_file_that_no_reader_may_accept_is_refused(string name) =>
        Assert.Throws<InvalidDataException>(() => ImageReader.Decode(Fixtures.Read(name)));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_that_is_cut_off_is_refused_wherever_the_cut_is(string name)
    {
        var file = Fixtures.Read(name);
        // After its last pixel a GIF has the end of the codes, of the picture and of the file.
        var needed = name.EndsWith(".gif", StringComparison.Ordinal) ? file.Length - 3 : file.Length;
        Assert.DoesNotContain(Enumerable.Range(0, needed), length => TryDecode(file.AsMemory(0, length)) is not null);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Damage_is_refused_by_name_or_seen_as_other_pixels_but_never_ends_in_another_way(string name)
    {
        var file = Fixtures.Read(name);
        var whole = ImageReader.Decode(file).Rgb;
        var changed = Enumerable.Range(0, file.Length).Count(at =>
        {
            var damaged = file.ToArray();
            damaged[at] ^= (byte)(1 << (at % 8));
            return TryDecode(damaged) is { } image && !image.Rgb.AsSpan().SequenceEqual(whole);
        });

        // A PNG has check sums, the others have none.
        Assert.True(changed == 0 || !name.EndsWith(".png", StringComparison.Ordinal), $"{changed} changes were not seen");
    }

    [Theory]
    [InlineData("", "expected a whole PNG, JPEG, WebP, GIF or BMP, found 0 bytes")]
    [InlineData("no image", "found 8 bytes that begin with 6e6f20696d616765")]
    public void What_is_no_image_is_refused_by_what_it_is(string text, string said) =>
        Assert.Contains(said, Refusal(System.Text.Encoding.ASCII.GetBytes(text)), StringComparison.Ordinal);

    [Theory]
    [InlineData("rgb.png", "PNG of 19 x 25 pixels: cut off after byte 1000")]
    [InlineData("grey-progressive.jpg", "JPEG of 40 x 32 pixels: cut off after byte")]
    public void What_is_cut_off_is_refused_by_its_size_and_length(string name, string said)
    {
        var file = Fixtures.Read(name);
        Assert.Contains(said, Refusal(file[..Math.Min(1000, file.Length - 2)]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_beyond_all_reason_is_refused_before_memory_is_taken()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(
            "PNG of 100000 x 100000 pixels: expected at most", Refusal(Fixtures.Read("refused-huge.png")), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData("rgb.png")]
    [InlineData("colour.jpg")]
    public void A_picture_is_turned_upright_as_Exif_says(string name)
    {
        var file = Fixtures.Read(name);
        var stored = ImageReader.Decode(file);
        var (w, h) = (stored.Width, stored.Height);
        for (var orientation = 1; orientation <= 8; orientation++)
        {
            var upright = ImageReader.Decode(Exif.Insert(file, (ushort)orientation, bigEndian: orientation % 2 == 0));
            Assert.Equal(orientation < 5 ? (w, h) : (h, w), (upright.Width, upright.Height));
            for (var (x, y) = (0, 0); y < h; (x, y) = x + 1 < w ? (x + 1, y) : (0, y + 1))
            {
                // Where the standard says that the pixel of a stored row and column is seen.
                var (seenX, seenY) = orientation switch
                {
                    1 => (x, y),
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (h - 1 - y, x),
                    7 => (h - 1 - y, w - 1 - x),
                    _ => (y, w - 1 - x),
                };
                Assert.Equal(stored[x, y], upright[seenX, seenY]);
            }
        }
    }

    [Fact]
    public void An_orientation_that_makes_no_sense_is_none()
    {
        var file = Fixtures.Read("rgb.png");
        var stored = ImageReader.Decode(file);
        Assert.Equal(stored.Rgb, ImageReader.Decode(Exif.Insert(file, 9, bigEndian: false)).Rgb);
        for (var length = 0; length < Exif.Tiff(6, bigEndian: true).Length - 6; length++)
        {
            Assert.Equal(stored.Rgb, ImageReader.Decode(Exif.InsertIntoPng(file, Exif.Tiff(6, bigEndian: true)[..length])).Rgb);
        }
    }

    private static string Refusal(byte[] file) =>
        Assert.Throws<InvalidDataException>(() => ImageReader.Decode(file)).Message;

    private static RgbImage? TryDecode(ReadOnlyMemory<byte> file)
    {
        try
        {
            return ImageReader.Decode(file);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}

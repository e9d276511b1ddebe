namespace ReflectDiT.Eval.Images.Tests;

/// <summary>What the golden cases of tests/Networks.Tests, which compare pixels, do not ask.</summary>
public sealed class ResizeTests
{
    private static readonly byte[] Samples = [.. Enumerable.Range(0, 4 * 3 * 3).Select(i => (byte)(7 * i))];

    [Theory]
    [InlineData(0, 0, 5, 3)]
    [InlineData(-0.5, 0, 4, 3)]
    [InlineData(2, 0, 2, 3)]
    [InlineData(0, 2, 4, 1)]
    [InlineData(float.NaN, 0, 4, 3)]
    public void A_box_that_is_empty_or_outside_is_refused(float left, float top, float right, float bottom) =>
        Assert.Contains("a box within 4 x 3 pixels", Assert.Throws<ArgumentException>(() => PillowResize.Resize(
            Samples, 4, 3, 3, 2, 2, ResampleFilter.Bicubic, new ResizeBox(left, top, right, bottom))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(4, 3, 2, 2, 2)]
    [InlineData(4, 4, 3, 2, 2)]
    [InlineData(4, 3, 3, 0, 2)]
    [InlineData(4, 3, 3, 2, -1)]
    public void A_size_that_is_none_is_refused(int width, int height, int channels, int toWidth, int toHeight) =>
        Assert.Throws<ArgumentException>(() => PillowResize.Resize(Samples, width, height, channels, toWidth, toHeight, ResampleFilter.Lanczos));

    [Fact]
    public void The_same_size_is_a_copy()
    {
        var image = new RgbImage(4, 3, Samples);
        Assert.Equal(Samples, PillowResize.Resize(image, 4, 3, ResampleFilter.Bicubic).Rgb);
        Assert.NotSame(Samples, PillowResize.Resize(image, 4, 3, ResampleFilter.Bicubic).Rgb);
        Assert.Equal(Samples, OpenCvResize.Linear(Samples, 4, 3, 4, 3));
    }

    [Fact]
    public void A_part_that_lies_outside_is_black_and_one_of_no_size_is_refused()
    {
        var image = new RgbImage(4, 3, Samples);
        Assert.Equal(Samples[..3], image.Cut(-1, -1, 2, 2).Rgb[9..]);
        Assert.All(image.Cut(-1, -1, 2, 2).Rgb[..9], sample => Assert.Equal(0, sample));
        Assert.All(image.Cut(9, 9, 2, 2).Rgb, sample => Assert.Equal(0, sample));
        Assert.Throws<ArgumentException>(() => image.Cut(0, 0, 0, 1));
    }
}

using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Core.Tests.Detecting;

public sealed class ObjectMaskTests
{
    [Fact]
    public void A_mask_of_few_pixels_is_kept_pixel_by_pixel_and_written_and_read()
    {
        var random = new NumpyRandom(1);
        for (var i = 0; i < 500; i++)
        {
            var (width, height) = (1 + random.NextInt(20), 1 + random.NextInt(20));
            var share = random.NextDouble();
            bool[] pixels = [.. Enumerable.Range(0, width * height).Select(_ => random.NextDouble() < share)];
            var mask = ObjectMask.Of(pixels, width, height);
            var inside = new bool[pixels.Length];
            foreach (var (row, from, to) in mask.Spans())
                Array.Fill(inside, true, (row * width) + from, to - from);
            Assert.Equal(pixels, inside);
            Assert.Equal(mask, ObjectMask.Parse(mask.ToString()));
        }
    }

    [Fact]
    public void A_mask_of_many_pixels_has_cells_of_the_same_shape()
    {
        var pixels = new bool[1024 * 512];
        for (var row = 128; row < 256; row++)
            Array.Fill(pixels, true, (row * 1024) + 512, 512);
        var mask = ObjectMask.Of(pixels, 1024, 512);
        Assert.Equal((128, 64), (mask.Columns, mask.Rows));
        Assert.Equal(Enumerable.Range(16, 16).Select(row => (row, 64, 128)), mask.Spans());
    }

    [Theory]
    [InlineData("")]
    [InlineData("2 2")]
    [InlineData("2 2 3")]
    [InlineData("2 2 5")]
    [InlineData("2 2 -1 5")]
    [InlineData("2 2 x 4")]
    [InlineData("0 2 0")]
    [InlineData("129 1 129")]
    [InlineData("128 128 99999999999")]
    public void Text_that_is_no_mask_is_none(string text) => Assert.Null(ObjectMask.Parse(text));
}

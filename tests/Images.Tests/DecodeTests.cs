namespace ReflectDiT.Eval.Images.Tests;

public sealed class DecodeTests
{
    private static readonly GoldenPixels Golden = new("image-decode");

    public static TheoryData<string> Files => new(Golden.Arguments.GetProperty("files").EnumerateObject().Select(file => file.Name));

    [Theory]
    [MemberData(nameof(Files))]
    public void Pixels_are_those_that_OpenCV_reads(string file)
    {
        var bgr = Golden[$"out.cv2.{file}"].Samples;
        Assert.Equal(bgr.Chunk(3).SelectMany(pixel => pixel.Reverse()), Decode(file).Rgb);
    }

    /// <summary>Pillow saturates grey of 16 bits where OpenCV and this reader take the high byte.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Pixels_are_those_that_Pillow_reads_but_for_grey_of_16_bits(string file) =>
        Assert.Equal(file != "gray16.png", Golden[$"out.pillow.{file}"].Samples.AsSpan().SequenceEqual(Decode(file).Rgb));

    private static RgbImage Decode(string file) => ImageReader.Decode(File.ReadAllBytes(Path.Combine(Golden.Folder, file)));
}

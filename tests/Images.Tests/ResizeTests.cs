using System.Text.Json;

namespace ReflectDiT.Eval.Images.Tests;

public sealed class ResizeTests
{
    private static readonly GoldenPixels Pillow = new("pillow-resize");
    private static readonly GoldenPixels OpenCv = new("cv2-resize");

    [Fact]
    public void Pixels_are_Pillows_for_every_filter_size_box_and_number_of_channels() =>
        AssertEqual(Pillow, (samples, shape, call) =>
        {
            var name = call.GetProperty("filter").GetString()!.Split(' ')[0];
            var box = call.GetProperty("box");
            return PillowResize.Resize(
                samples, shape[1], shape[0], shape.Length < 3 ? 1 : shape[2], Size(call, "width"), Size(call, "height"),
                Enum.Parse<ResampleFilter>(name == "default" ? "bicubic" : name, ignoreCase: true),
                box.ValueKind == JsonValueKind.Null ? null
                    : new ResizeBox(box[0].GetSingle(), box[1].GetSingle(), box[2].GetSingle(), box[3].GetSingle()));
        });

    [Fact]
    public void Pixels_are_OpenCVs_for_linear_interpolation() =>
        AssertEqual(OpenCv, (samples, shape, call) =>
            OpenCvResize.Linear(samples, shape[1], shape[0], Size(call, "width"), Size(call, "height")));

    private static int Size(JsonElement call, string side) => call.GetProperty(side).GetInt32();

    private static void AssertEqual(GoldenPixels golden, Func<byte[], int[], JsonElement, byte[]> resize)
    {
        var wrong = golden.Arguments.GetProperty("calls").EnumerateArray().Select(call =>
        {
            var (samples, shape) = golden[call.GetProperty("in").GetString()!];
            var expected = golden[call.GetProperty("out").GetString()!].Samples;
            var found = resize(samples, shape, call);
            var different = expected.Zip(found).Count(pair => pair.First != pair.Second);
            return found.Length == expected.Length && different == 0 ? null : $"{different} of {expected.Length} differ: {call}";
        });
        Assert.Empty(wrong.OfType<string>());
    }
}

using System.Text.Json;
using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>The kinds that end before a network begins: reading, resizing, cutting and normalising images.</summary>
internal static class PixelKinds
{
    public static void PillowResized(GoldenRun run)
    {
        foreach (var call in run.Arguments.GetProperty("calls").EnumerateArray())
        {
            var (samples, shape) = Samples(run, call.Text("in"));
            var channels = shape.Length < 3 ? 1 : shape[2];
            var filter = call.Text("filter").Split(' ')[0];
            var box = call.GetProperty("box");
            var (height, width) = (call.GetProperty("height").GetInt32(), call.GetProperty("width").GetInt32());
            var resized = PillowResize.Resize(
                samples, shape[1], shape[0], channels, width, height,
                filter == "default" ? ResampleFilter.Bicubic : Enum.Parse<ResampleFilter>(filter, ignoreCase: true),
                box.ValueKind == JsonValueKind.Null ? null : new ResizeBox(box[0].GetSingle(), box[1].GetSingle(), box[2].GetSingle(), box[3].GetSingle()));
            Report(run, call.Text("out"), resized, shape.Length < 3 ? [height, width] : [height, width, channels]);
        }
    }

    public static void OpenCvResized(GoldenRun run)
    {
        foreach (var call in run.Arguments.GetProperty("calls").EnumerateArray())
        {
            var (samples, shape) = Samples(run, call.Text("in"));
            var (height, width) = (call.GetProperty("height").GetInt32(), call.GetProperty("width").GetInt32());
            Report(run, call.Text("out"), OpenCvResize.Linear(samples, shape[1], shape[0], width, height), [height, width, 3]);
        }

        run.Report("out.sizes", Rows(run.Stored("out.sizes"), size =>
        {
            var fit = DetectorImage.Fit((int)size[0], (int)size[1]);
            return [size[0], size[1], fit.Height, fit.Width, fit.PaddedHeight, fit.PaddedWidth];
        }));
    }

    /// <summary>Pillow saturates grey of 16 bits where OpenCV and our reader take the high byte: no image of a benchmark is such.</summary>
    public static void Decoded(GoldenRun run)
    {
        foreach (var file in run.Arguments.GetProperty("files").EnumerateObject())
        {
            var image = ImageReader.Decode(File.ReadAllBytes(Path.Combine(run.Case.Folder, file.Name)));
            long[] shape = [image.Height, image.Width, 3];
            Report(run, $"out.cv2.{file.Name}", [.. image.Rgb.Chunk(3).SelectMany(pixel => pixel.Reverse())], shape);
            if (file.Value.Text("pillow_mode").StartsWith('I'))
                run.Report($"out.pillow.{file.Name}", run.Stored($"out.pillow.{file.Name}"));
            else
                Report(run, $"out.pillow.{file.Name}", image.Rgb, shape);
        }
    }

    public static void Postprocessed(GoldenRun run)
    {
        foreach (var square in (ReadOnlySpan<int>)[512, 1024, 2048, 4096])
        {
            run.Report($"out.bin_{square}", Rows(run.Stored("in.sizes"), size =>
            {
                var (height, width) = ResolutionBins.Nearest(square, (int)size[0], (int)size[1]);
                return [height, width];
            }));
        }

        var index = 0;
        foreach (var size in run.Arguments.GetProperty("resize_to").EnumerateArray())
        {
            var resized = DecodedImage.Fit(run.Input("in.decoded"), size[0].GetInt32(), size[1].GetInt32());
            run.Report($"resized_{index}", resized);
            var unit = DecodedImage.ToUnit(resized);
            run.Report($"out.float_{index}", unit);
            run.Report($"out.uint8_{index++}", DecodedImage.ToBytes(unit));
        }
    }

    public static void Processed(GoldenRun run)
    {
        var size = run.Arguments.GetProperty("size").GetInt32();
        foreach (var image in run.Arguments.GetProperty("modes").EnumerateObject())
        {
            var (samples, shape) = Samples(run, $"in.{image.Name}");
            var channels = shape.Length < 3 ? 1 : shape[2];
            long[] last = shape.Length < 3 ? [] : [channels];
            var (resized, width, height) = ClipImage.Resize(samples, shape[1], shape[0], channels, size);
            Report(run, $"stage.clip.{image.Name}.0.Resize", resized, [height, width, .. last]);
            var cut = ClipImage.CutCentre(resized, width, height, channels, size);
            Report(run, $"stage.clip.{image.Name}.1.CenterCrop", cut, [size, size, .. last]);
            var rgb = new RgbImage(size, size, ToRgb(cut, channels));
            Report(run, $"stage.clip.{image.Name}.2.MaybeConvertMode", rgb.Rgb, [size, size, 3]);
            run.Report($"out.clip.{image.Name}", tensor(ImageNormalization.Clip.Apply(rgb), [3, size, size]));
            if (channels == 3)
            {
                var whole = new RgbImage(shape[1], shape[0], samples);
                Assert.Equal(ImageNormalization.Clip.Apply(rgb), ClipImage.Preprocess(whole, size));
                var square = PillowResize.Resize(whole, size, size, ResampleFilter.Bicubic);
                Report(run, $"stage.siglip.{image.Name}", square.Rgb, [size, size, 3]);
                run.Report($"out.siglip.{image.Name}", tensor(ImageNormalization.Symmetric.Apply(square), [3, size, size]));
            }
        }
    }

    public static void Cropped(GoldenRun run)
    {
        var (samples, shape) = Samples(run, "in.image");
        var image = new RgbImage(shape[1], shape[0], samples);
        foreach (var call in run.Arguments.GetProperty("calls").EnumerateArray())
        {
            var (name, size) = (call.Text("name"), call.GetProperty("size").GetInt32());
            var options = call.GetProperty("options");
            var background = options.TryGetProperty("bgcolor", out var colour) ? colour.GetString()! : "#999999";
            var isolated = image;
            if (run.Has($"in.mask.{name}") && background != "original")
            {
                var mask = Array.ConvertAll(Samples(run, $"in.mask.{name}").Samples, sample => sample != 0);
                isolated = ObjectCrop.Isolate(image, mask, background == "black" ? 0 : System.Convert.ToUInt32(background.TrimStart('#'), 16));
            }

            Report(run, $"stage.composite.{name}", isolated.Rgb, [image.Height, image.Width, 3]);
            var box = run.Stored($"in.box.{name}").data<float>();
            var cut = options.TryGetProperty("crop", out var crop) && crop.GetString() == "0" ? isolated : ObjectCrop.Cut(isolated, box[0], box[1], box[2], box[3]);
            Report(run, $"stage.crop.{name}", cut.Rgb, [cut.Height, cut.Width, 3]);
            var (resized, width, height) = ClipImage.Resize(cut.Rgb, cut.Width, cut.Height, 3, size);
            Report(run, $"out.resized.{name}", ClipImage.CutCentre(resized, width, height, 3, size), [size, size, 3]);
            run.Report($"out.normalised_rows.{name}", tensor(ClipImage.Preprocess(cut, size), [3, size, size])[TensorIndex.Colon, TensorIndex.Slice(step: 16)]);
        }
    }

    /// <summary>The values of an 8-bit tensor, and its shape.</summary>
    private static (byte[] Samples, int[] Shape) Samples(GoldenRun run, string name)
    {
        var stored = run.Stored(name);
        return ([.. stored.data<byte>()], [.. stored.shape.Select(side => (int)side)]);
    }

    private static void Report(GoldenRun run, string name, byte[] samples, ReadOnlySpan<long> shape) => run.Report(name, tensor(samples, shape));

    /// <summary>A table of whole numbers, of which each row is made from a row of another.</summary>
    internal static Tensor Rows(Tensor table, Func<long[], long[]> row)
    {
        var rows = table.data<long>().ToArray().Chunk((int)table.shape[1]).Select(row).ToArray();
        return tensor(rows.SelectMany(values => values).ToArray(), [rows.Length, rows[0].Length]);
    }

    private static byte[] ToRgb(byte[] samples, int channels) => channels switch
    {
        1 => [.. samples.SelectMany(grey => new[] { grey, grey, grey })],
        4 => [.. samples.Where((_, i) => i % 4 != 3)],
        _ => samples,
    };
}

using ReflectDiT.Eval.Images;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

internal static class QwenPreprocessKind
{
    public static void Run(GoldenRun run)
    {
        var (min, max) = (run.Arguments.GetProperty("min_pixels").GetInt32(), run.Arguments.GetProperty("max_pixels").GetInt32());
        Assert.Equal(QwenImage.Published, new QwenImage(min, max));
        foreach (var image in run.Arguments.GetProperty("images").EnumerateObject())
        {
            var preprocess = new QwenImage(
                image.Value.TryGetProperty("min_pixels", out var least) ? least.GetInt32() : min,
                image.Value.TryGetProperty("max_pixels", out var most) ? most.GetInt32() : max);
            var read = ImageReader.DecodeOnWhite(File.ReadAllBytes(Path.Combine(run.Case.Folder, image.Value.Text("file"))));
            Assert.Equal(run.Stored($"in.rgb.{image.Name}").data<byte>().ToArray(), read.Rgb);
            var resized = preprocess.Resize(read);
            run.Report($"stage.resized.{image.Name}", tensor(resized.Rgb, [resized.Height, resized.Width, 3]));
            var patches = QwenImage.Cut(resized);
            run.Report($"out.grid.{image.Name}", tensor(new long[] { 1, patches.GridHeight, patches.GridWidth }, [1, 3]));
            var rows = run.Stored($"out.rows.{image.Name}");
            run.Report($"out.rows.{image.Name}", rows);
            run.Report($"out.pixel_values.{image.Name}", tensor(patches.Patches).view(patches.GridHeight * patches.GridWidth, -1)[rows]);
        }

        run.Report("out.sizes", Sizes(run, "out.sizes", QwenImage.Published));
        run.Report("out.sizes_256_1280", Sizes(run, "out.sizes_256_1280", new QwenImage(256 * 784, 1280 * 784)));
        run.Report("out.rejected", PixelKinds.Rows(run.Stored("out.rejected"), size =>
        {
            Assert.Throws<InvalidDataException>(() => QwenImage.Published.FitByUtilities((int)size[0], (int)size[1]));
            return size;
        }));
        run.Report("out.second_resize", PixelKinds.Rows(run.Stored("out.second_resize"), size =>
        {
            var (height, width) = QwenImage.Published.FitByUtilities((int)size[0], (int)size[1]);
            if (size[4] == 0)
            {
                Assert.Throws<InvalidDataException>(() => QwenImage.Published.FitByProcessor(height, width));
                return [size[0], size[1], height, width, 0, 0];
            }

            var (again, andAgain) = QwenImage.Published.FitByProcessor(height, width);
            return [size[0], size[1], height, width, again, andAgain];
        }));
    }

    private static Tensor Sizes(GoldenRun run, string name, QwenImage preprocess) => PixelKinds.Rows(run.Stored(name), size =>
    {
        var (height, width) = preprocess.FitByUtilities((int)size[0], (int)size[1]);
        return [size[0], size[1], height, width];
    });
}

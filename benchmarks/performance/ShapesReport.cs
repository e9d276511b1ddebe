using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// The numbers of docs/shapes.md: images per second of processor time, the pixel detector's error on rendered scenes, and its
/// confidence in objects that are not drawn well; and a sheet of scenes as a picture.
/// </summary>
internal static class ShapesReport
{
    private const int OfEachCategory = 1000;
    private const int OfEachShape = 150;

    public static int Run(string sheet)
    {
        File.WriteAllBytes(sheet, PngWriter.Encode(Sheet(columns: 12, rows: 4)));
        var scenes = Scenes(SceneSampler.Sample).ToList();
        var images = scenes.ConvertAll(s => SceneRenderer.Render(s.Scene));
        Console.WriteLine($"rendered: {Rate(() => scenes.ForEach(s => SceneRenderer.Render(s.Scene))):F0} images/s of one core");
        Console.WriteLine($"detected: {Rate(() => images.ForEach(i => PixelDetector.Find(i))):F0} images/s of one core");
        Console.WriteLine($"correct: {scenes.Zip(images).Count(s => ShapeFault.First(s.First.Prompt, PixelDetector.Find(s.Second)) is null)} of {scenes.Count}");
        var faults = Scenes((prompt, random) => FaultyScene.Sample(prompt, random)).ToList();
        Console.WriteLine($"wrong for the planted reason: {faults.Count(f => Found(f.Prompt, f.Scene.Scene) == f.Scene.Fault)} of {faults.Count}");
        Console.WriteLine();
        Console.WriteLine($"| | {string.Join(" | ", ShapeWorld.Classes.All)} |");
        Console.WriteLine($"| --- {string.Concat(ShapeWorld.Classes.All.Select(_ => "| --- "))}|");
        Row("as drawn", (_, image, _) => image);
        foreach (var sigma in new[] { 0.5, 1, 1.5, 2 })
        {
            Row($"blurred by {sigma} pixels", (_, image, _) => Blurred(image, sigma));
        }

        foreach (var noise in new[] { 8, 16 })
        {
            Row($"with noise of {noise} of 255", (_, image, random) => Noisy(image, noise, random));
        }

        Row("without its right half", (scene, image, _) => Without(scene, image, (x, _) => x > scene.Objects[0].CentreX));
        Row("without its lower half", (scene, image, _) => Without(scene, image, (_, y) => y > scene.Objects[0].CentreY));
        Row("half faded", (scene, image, _) => image with { Rgb = [.. image.Rgb.Select(b => (byte)((b + scene.Grey) / 2))] });
        Row("grown together with its like", (scene, _, random) => Merged(scene, scene.Objects[0].Shape, scene.Objects[0].Colour, random));
        Row("grown together with any", (scene, _, random) => Merged(scene, (Shape)random.NextInt(8), random.NextInt(10), random));
        return 0;
    }

    private static IEnumerable<(PromptMetadata Prompt, T Scene)> Scenes<T>(Func<PromptMetadata, NumpyRandom, T> make)
    {
        foreach (var category in ShapePrompts.Published.Test.Concat(ShapePrompts.Published.Training).GroupBy(p => p.Tag))
        {
            var prompts = category.Take(OfEachCategory).ToList();
            for (var i = 0; i < OfEachCategory; i++)
            {
                yield return (prompts[i % prompts.Count], make(prompts[i % prompts.Count], new((UInt128)i)));
            }
        }
    }

    private static ShapeFault? Found(PromptMetadata prompt, Scene scene) =>
        ShapeFault.First(prompt, PixelDetector.Find(SceneRenderer.Render(scene)));

    /// <summary>The best of five rounds of 6,000 images; other programs' time does not count.</summary>
    private static double Rate(Action all) => Enumerable.Range(0, 5).Max(_ =>
    {
        var start = Environment.CpuUsage.TotalTime;
        all();
        return Categories.All.Count * OfEachCategory / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    });

    /// <summary>Mean confidence in the shape that was drawn, and the share of boards on which it counts.</summary>
    private static void Row(string what, Func<Scene, RgbImage, NumpyRandom, RgbImage> change)
    {
        var cells = ShapeWorld.Classes.All.Select(name =>
        {
            var sure = Enumerable.Range(0, OfEachShape).Select(i =>
            {
                var random = new NumpyRandom((UInt128)i);
                var scene = SceneSampler.Scatter([(name, null)], random);
                return PixelDetector.Find(change(scene, SceneRenderer.Render(scene), random))
                    .GetValueOrDefault(name, []).Select(d => d.Score).DefaultIfEmpty().Max();
            }).ToList();
            return $"{sure.Average():F2}, {100.0 * sure.Count(s => s > ShapesBenchmark.World.Options.Threshold) / OfEachShape:F0}%";
        });
        Console.WriteLine($"| {what} | {string.Join(" | ", cells)} |");
    }

    private static RgbImage Merged(Scene scene, Shape shape, int colour, NumpyRandom random)
    {
        var one = scene.Objects[0];
        var away = (one.Cell % Scene.Cells < 2 ? 1 : -1) * (6 + random.NextInt(4));
        return SceneRenderer.Render(scene with { Objects = [one, one with { Shape = shape, Colour = colour, X = one.X + away }] });
    }

    private static RgbImage Without(Scene scene, RgbImage image, Func<int, int, bool> gone)
    {
        var rest = image.Rgb.ToArray();
        for (var p = 0; p < Scene.Size * Scene.Size; p++)
        {
            if (gone(p % Scene.Size, p / Scene.Size))
            {
                rest.AsSpan(3 * p, 3).Fill(scene.Grey);
            }
        }

        return image with { Rgb = rest };
    }

    /// <summary>Uniform noise of a standard deviation.</summary>
    private static RgbImage Noisy(RgbImage image, double deviation, NumpyRandom random) => image with
    {
        Rgb = [.. image.Rgb.Select(b => (byte)Math.Clamp(b + (deviation * Math.Sqrt(12) * (random.NextDouble() - 0.5)), 0, 255))],
    };

    /// <summary>By a Gaussian, rows first and columns after.</summary>
    private static RgbImage Blurred(RgbImage image, double sigma)
    {
        const int Reach = 6;
        var weights = Enumerable.Range(-Reach, (2 * Reach) + 1).Select(d => Math.Exp(-d * d / (2 * sigma * sigma))).ToArray();
        var sum = weights.Sum();
        double[] Pass(double[] of, int step, Func<int, int> at)
        {
            var blurred = new double[of.Length];
            for (var i = 0; i < of.Length; i++)
            {
                for (var d = -Reach; d <= Reach; d++)
                {
                    blurred[i] += weights[d + Reach] / sum * of[i + (step * (Math.Clamp(at(i) + d, 0, Scene.Size - 1) - at(i)))];
                }
            }

            return blurred;
        }

        var rows = Pass([.. image.Rgb.Select(b => (double)b)], 3, i => i / 3 % Scene.Size);
        return image with { Rgb = [.. Pass(rows, 3 * Scene.Size, i => i / 3 / Scene.Size).Select(v => (byte)Math.Round(v))] };
    }

    /// <summary>Scenes of the test set, a frame of black around each, twice as large.</summary>
    private static RgbImage Sheet(int columns, int rows)
    {
        const int Pitch = (2 * Scene.Size) + 2;
        var sheet = new RgbImage(columns * Pitch, rows * Pitch, new byte[3 * columns * rows * Pitch * Pitch]);
        var test = ShapePrompts.Published.Test;
        for (var k = 0; k < columns * rows; k++)
        {
            var image = SceneRenderer.Render(SceneSampler.Sample(test[k * test.Count / (columns * rows)], new((UInt128)k)));
            for (var p = 0; p < 4 * Scene.Size * Scene.Size; p++)
            {
                var (x, y) = (p % (2 * Scene.Size), p / (2 * Scene.Size));
                var at = ((((k / columns * Pitch) + y + 1) * sheet.Width) + (k % columns * Pitch) + x + 1) * 3;
                image.Row(y / 2).Slice(x / 2 * 3, 3).CopyTo(sheet.Rgb.AsSpan(at));
            }
        }

        return sheet;
    }
}

using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.Tests.Shapes;

/// <summary>The detector's own error, on images of which it is known what they show.</summary>
public sealed class PixelDetectorTests
{
    private const int OfEachCategory = 1000;

    public static IEnumerable<TheoryDataRow<Shape>> Shapes { get; } = Enum.GetValues<Shape>().Select(s => new TheoryDataRow<Shape>(s));

    [Fact]
    public void Of_6000_rendered_scenes_99_in_100_are_scored_correct_and_as_many_with_a_fault_wrong_for_that_reason()
    {
        var (right, named) = (0, 0);
        Parallel.ForEach(Categories.All, tag =>
        {
            var prompts = ShapePrompts.Published.Test.Concat(ShapePrompts.Published.Training).Where(p => p.Tag == tag).Take(OfEachCategory).ToList();
            for (var i = 0; i < OfEachCategory; i++)
            {
                var random = new NumpyRandom((UInt128)i);
                var prompt = prompts[i % prompts.Count];
                if (Fault(prompt, SceneSampler.Sample(prompt, random)) is null)
                {
                    Interlocked.Increment(ref right);
                }

                var (scene, fault) = FaultyScene.Sample(prompt, random);
                if (Fault(prompt, scene) == fault)
                {
                    Interlocked.Increment(ref named);
                }
            }
        });
        Assert.InRange(right, 5940, 6000);
        Assert.InRange(named, 5940, 6000);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_is_sure_of_what_is_drawn_well_and_of_its_box_and_colour(Shape shape)
    {
        foreach (var (scene, image) in Alone(shape))
        {
            var (name, found) = Assert.Single(All(PixelDetector.Find(image)));
            var truth = scene.Detections()[ShapeWorld.Name(shape)][0];
            Assert.Equal((ShapeWorld.Name(shape), truth.Colour), (name, found.Colour));
            Assert.InRange(found.Score, 0.95f, 1);
            Assert.All(
                [found.X1 - truth.X1, found.Y1 - truth.Y1, found.X2 - truth.X2, found.Y2 - truth.Y2],
                off => Assert.InRange(off, -0.75, 0.75));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_is_the_less_sure_of_an_object_the_more_it_is_blurred(Shape shape)
    {
        var sure = new[] { 0, 1, 1.6 }.Select(sigma => Sureness(shape, (_, image) => Blurred(image, sigma))).ToList();
        Assert.InRange(sure[1], 0.3, sure[0] - 0.05);
        Assert.InRange(sure[2], 0, sure[1] - 0.1);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Half_an_object_is_none(Shape shape)
    {
        Assert.InRange(Sureness(shape, (scene, image) => Without(scene, image, (_, y) => y > scene.Objects[0].CentreY)), 0, 0.1);
        Assert.InRange(Sureness(shape, (scene, image) => Without(scene, image, (x, _) => x > scene.Objects[0].CentreX)), 0, 0.1);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Of_an_object_that_another_of_its_colour_grew_into_it_is_not_sure(Shape shape) => Assert.InRange(
        Sureness(shape, (scene, _) =>
        {
            var one = scene.Objects[0];
            var away = one.Cell % Scene.Cells < 2 ? 5 : -5;
            return SceneRenderer.Render(scene with { Objects = [one, one with { X = one.X + away }] });
        }),
        0,
        0.4);

    [Fact]
    public void A_mask_is_where_the_object_was_drawn()
    {
        var scene = new Scene(128, [new(Shape.Square, 0, 5, 0, 0, 6, 1)]);
        var found = Assert.Single(Assert.Single(PixelDetector.Find(SceneRenderer.Render(scene))).Value);
        var (left, top) = ((int)scene.Objects[0].CentreX - 6, (int)scene.Objects[0].CentreY - 6);
        Assert.Equal(Enumerable.Range(top, 12).Select(row => (row, left, left + 12)), found.Mask!.Spans());
    }

    [Fact]
    public void On_an_empty_board_it_finds_nothing_and_an_image_of_another_size_is_refused()
    {
        Assert.Empty(PixelDetector.Find(SceneRenderer.Render(new(128, []))));
        Assert.StartsWith(
            "an image of 32 x 64 pixels",
            Assert.Throws<InvalidDataException>(() => PixelDetector.Find(new(32, 64, new byte[3 * 32 * 64]))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_an_image_shows_its_answer_can_be_taken()
    {
        var random = new NumpyRandom(6);
        for (var i = 0; i < 30; i++)
        {
            var coarse = 1 << (i % 6);
            var image = new RgbImage(Scene.Size, Scene.Size, new byte[SceneRenderer.Bytes]);
            for (var p = 0; p < image.Rgb.Length; p++)
            {
                var pixel = p / 3;
                image.Rgb[p] = pixel % Scene.Size % coarse == 0 || p < 3 ? (byte)random.NextInt(256) : image.Rgb[p - 3];
            }

            Assert.All(All(PixelDetector.Find(image)), d =>
            {
                Assert.InRange(d.Found.Score, 0, 1);
                Assert.True(float.IsFinite(d.Found.X1 + d.Found.Y1 + d.Found.X2 + d.Found.Y2));
            });
        }
    }

    private static ShapeFault? Fault(PromptMetadata prompt, Scene scene) =>
        ShapeFault.First(prompt, PixelDetector.Find(SceneRenderer.Render(scene)));

    /// <summary>Boards with one object of a shape, in any colour.</summary>
    private static IEnumerable<(Scene Scene, RgbImage Image)> Alone(Shape shape)
    {
        for (var i = 0; i < 10; i++)
        {
            var scene = SceneSampler.Scatter([(ShapeWorld.Name(shape), ShapeWorld.Colours[i])], new NumpyRandom((UInt128)i));
            yield return (scene, SceneRenderer.Render(scene));
        }
    }

    /// <summary>How sure it is of the shape, in the mean, when images of it are changed.</summary>
    private static double Sureness(Shape shape, Func<Scene, RgbImage, RgbImage> change) => Alone(shape).Average(one =>
        PixelDetector.Find(change(one.Scene, one.Image)).GetValueOrDefault(ShapeWorld.Name(shape), []).Select(d => d.Score).DefaultIfEmpty().Max());

    private static IEnumerable<(string Class, Detection Found)> All(IReadOnlyDictionary<string, IReadOnlyList<Detection>> found) =>
        found.SelectMany(f => f.Value.Select(d => (f.Key, d)));

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

    /// <summary>By a Gaussian, rows first and columns after.</summary>
    private static RgbImage Blurred(RgbImage image, double sigma)
    {
        if (sigma == 0)
        {
            return image;
        }

        const int Reach = 5;
        var weights = Enumerable.Range(-Reach, (2 * Reach) + 1).Select(d => Math.Exp(-d * d / (2 * sigma * sigma))).ToArray();
        double[] Pass(double[] of, int step, Func<int, int> at) => [.. of.Select((_, i) => Enumerable.Range(-Reach, (2 * Reach) + 1)
            .Sum(d => weights[d + Reach] * of[i + (step * (Math.Clamp(at(i) + d, 0, Scene.Size - 1) - at(i)))]) / weights.Sum())];
        var rows = Pass([.. image.Rgb.Select(b => (double)b)], 3, i => i / 3 % Scene.Size);
        return image with { Rgb = [.. Pass(rows, 3 * Scene.Size, i => i / 3 / Scene.Size).Select(v => (byte)Math.Round(v))] };
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Random;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Models.Tests.Simulated;

public sealed class CardTests
{
    [Fact]
    public void Any_scene_is_detected_exactly_from_its_image() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).Select(AnyScene).ToArbitrary(), scene =>
        {
            var png = PngWriter.Encode(CardPainter.Paint(scene));
            Assert.Equal(scene.Objects, CardReader.Read(png).Objects);
            AssertEqual(scene.Detections(), CardReader.Read(png).Detections());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Every_drawn_scene_is_detected_exactly_from_its_image_and_is_small()
    {
        var parameters = TestParameters.Generator(level: 0.5, spread: 1);
        var (model, generator, detector) =
            (new GeneratorModel(parameters), TestParameters.LoadGenerator(parameters), TestParameters.LoadDetector());
        foreach (var prompt in PromptSet.Published)
        {
            var drawing = await generator.OneAsync(new DrawRequest(prompt.Prompt, 7, []));
            AssertEqual(
                model.Draw(prompt.Prompt, 7, []).Detections(),
                (await detector.OneAsync(new DetectRequest(drawing.Image))).Objects);
            Assert.InRange(drawing.Image.Length, 100, 5000);
        }
    }

    [Fact]
    public async Task Equal_seeds_draw_equal_bytes_on_every_machine()
    {
        var generator = TestParameters.LoadGenerator(TestParameters.Generator(level: 0.5, boost: 1, spread: 1));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var prompt in PromptSet.Published.Where((_, i) => i % 11 == 0))
        {
            var context = new ContextImage(default, $"There is no {prompt.Include[0].Class} in the image");
            var drawing = await generator.OneAsync(new DrawRequest(prompt.Prompt, 20, [context]));
            hash.AppendData(drawing.Image.Span);
        }

        // An anchor against drift: that such bytes are the right pixels is what the other tests say.
        Assert.Equal(
            "4e99b560e9fcf1692f5f88f781ac5655bb8a7251bea76232a376fcb7eadb0a17",
            Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public async Task An_image_carries_its_pixels_and_nothing_else()
    {
        var prompt = PromptSet.Published[400].Prompt;
        var generator = TestParameters.LoadGenerator(TestParameters.Generator(level: 1));
        var png = (await generator.OneAsync(new DrawRequest(prompt, 3, []))).Image;
        var chunks = new List<string>();
        for (var at = 8; at < png.Length;)
        {
            chunks.Add(Encoding.ASCII.GetString(png.Span.Slice(at + 4, 4)));
            at += 12 + BinaryPrimitives.ReadInt32BigEndian(png.Span[at..]);
        }

        Assert.Equal(["IHDR", "PLTE", "IDAT", "IEND"], chunks);
    }

    [Theory]
    [InlineData(4, 78, "bar code")]
    [InlineData(6, 78, "bar code")]
    [InlineData(10, 3, "frame")]
    [InlineData(2, 50, "frame")]
    [InlineData(250, 250, "frame")]
    public void A_card_that_was_painted_over_is_refused(int x, int y, string said)
    {
        var read = ImageReader.Decode(PngWriter.Encode(CardPainter.Paint(FixedScenes.All["six"])));
        read.Rgb[3 * ((y * read.Width) + x)] ^= 0xF0;
        var error = Assert.Throws<InvalidDataException>(() => CardReader.Read(read));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_bit_of_the_bar_code_is_refused()
    {
        var image = CardPainter.Paint(FixedScenes.All["six"]);
        var pixels = ToRgb(image, colour => colour);
        var first = FixedScenes.All["six"].Objects[0];
        var row = (first.Y + first.Height - 5) * image.Width;
        for (var x = first.X + 2; x < first.X + 50; x += 2)
        {
            var bit = pixels.Rgb.AsSpan(3 * (row + x), 3);
            var before = bit[0];
            bit.Fill((byte)image.Palette[before == (byte)image.Palette[2] ? 3 : 2]); // both are greys
            var error = Assert.Throws<InvalidDataException>(() => CardReader.Read(pixels));
            Assert.Contains("check sum", error.Message, StringComparison.Ordinal);
            bit.Fill(before);
        }
    }

    [Fact]
    public void A_fill_that_is_a_little_off_has_the_nearest_colour()
    {
        var scene = FixedScenes.All["nine"];
        var image = CardPainter.Paint(scene);
        var fills = image.Palette.Skip(4).ToHashSet();
        var off = ToRgb(image, colour => fills.Contains(colour) ? colour ^ 0x070707 : colour);
        Assert.Equal(scene.Objects, CardReader.Read(off).Objects);
    }

    [Fact]
    public void Cards_that_touch_or_leave_the_image_are_never_painted()
    {
        var card = new SceneObject("dog", 10, 10, 80, 80, "red", 950);
        Assert.Throws<ArgumentException>(() => CardPainter.Paint(new Scene([card, card with { X = 90 }])));
        Assert.Throws<ArgumentException>(() => CardPainter.Paint(new Scene([card, card with { Y = 50 }])));
        Assert.Throws<ArgumentException>(() => CardPainter.Paint(new Scene([card with { X = 180 }])));
        Assert.Throws<ArgumentException>(() => CardPainter.Paint(new Scene([card with { Class = "unicorn" }])));
        Assert.Throws<ArgumentException>(() => CardPainter.Paint(new Scene([card with { Colour = "mauve" }])));
        Assert.Throws<ArgumentException>(() => CardPainter.Paint(new Scene([card with { Confidence = 1001 }])));
    }

    private static RgbImage ToRgb(IndexedImage image, Func<uint, uint> seen)
    {
        var colours = image.Indices.Select(i => seen(image.Palette[i]));
        return new(
            image.Width, image.Height, [.. colours.SelectMany(c => new[] { (byte)(c >> 16), (byte)(c >> 8), (byte)c })]);
    }

    private static Scene AnyScene(int seed)
    {
        var random = new NumpyRandom((ulong)seed);
        var cards = new List<SceneObject>();
        for (var tries = 0; tries < 30; tries++)
        {
            var (width, height) = (52 + random.NextInt(100), 27 + random.NextInt(100));
            var (x, y) = (random.NextInt(257 - width), random.NextInt(257 - height));
            var card = new SceneObject(
                ObjectNames.All[random.NextInt(80)], x, y, width, height, Palette.Colours[random.NextInt(10)],
                random.NextInt(1001));
            if (!cards.Exists(c => c.X <= x + width && x <= c.X + c.Width && c.Y <= y + height && y <= c.Y + c.Height))
            {
                cards.Add(card);
            }
        }

        return new Scene(cards);
    }

    private static void AssertEqual(
        IReadOnlyDictionary<string, IReadOnlyList<Detection>> expected,
        IReadOnlyDictionary<string, IReadOnlyList<Detection>> found)
    {
        Assert.Equal(expected.Keys, found.Keys);
        Assert.All(expected, pair => Assert.Equal(pair.Value, found[pair.Key]));
    }
}

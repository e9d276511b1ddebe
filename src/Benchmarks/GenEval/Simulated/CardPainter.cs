using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>Paints a scene: each object a framed card in its colour, with its name and a bar code.</summary>
public static class CardPainter
{
    // Places in the image's palette; the ten fills follow.
    private const byte Background = 0;
    private const byte Frame = 1;
    private const byte CodeZero = 2;
    private const byte CodeOne = 3;
    private const byte FirstFill = 4;

    private static readonly uint[] ImagePalette =
        [CardStyle.Background, CardStyle.Frame, CardStyle.CodeZero, CardStyle.CodeOne, .. CardStyle.Fills];

    private static readonly byte BlackInk = FillOf("black");
    private static readonly byte WhiteInk = FillOf("white");

    public static IndexedImage Paint(Scene scene)
    {
        var pixels = new byte[Scene.Size * Scene.Size];
        for (var i = 0; i < scene.Objects.Count; i++)
        {
            Check(scene, i);
            PaintCard(pixels, scene.Objects[i]);
        }

        return new IndexedImage(Scene.Size, Scene.Size, pixels, ImagePalette);
    }

    private static void Check(Scene scene, int index)
    {
        var card = scene.Objects[index];
        var fits = card is { X: >= 0, Y: >= 0, Width: >= CardStyle.MinWidth, Height: >= CardStyle.MinHeight }
            && card.X + card.Width <= Scene.Size && card.Y + card.Height <= Scene.Size;
        if (!fits || card.Confidence is < 0 or > 1000 || ObjectNames.IndexOf(card.Class) < 0)
        {
            throw new ArgumentException(
                $"{card}: expected one of the 80 classes, a confidence of 0 to 1000, and a box of at least "
                + $"{CardStyle.MinWidth} x {CardStyle.MinHeight} inside {Scene.Size} x {Scene.Size}.");
        }

        for (var other = 0; other < index; other++)
        {
            if (TouchOrOverlap(card, scene.Objects[other]))
            {
                throw new ArgumentException($"{card} touches {scene.Objects[other]}: expected a gap between cards.");
            }
        }
    }

    private static bool TouchOrOverlap(SceneObject a, SceneObject b) =>
        a.X <= b.X + b.Width && b.X <= a.X + a.Width && a.Y <= b.Y + b.Height && b.Y <= a.Y + a.Height;

    private static void PaintCard(byte[] pixels, SceneObject card)
    {
        var fill = FillOf(card.Colour);
        Fill(pixels, card.X, card.Y, card.Width, card.Height, Frame);
        Fill(pixels, card.X + 1, card.Y + 1, card.Width - 2, card.Height - 2, fill);
        PaintName(pixels, card, card.Colour is "black" or "blue" or "purple" or "brown" or "red" ? WhiteInk : BlackInk);
        PaintCode(pixels, card);
    }

    /// <summary>The name in the middle, a word a line, twice as large where there is room.</summary>
    private static void PaintName(byte[] pixels, SceneObject card, byte ink)
    {
        var words = card.Class.Split(' ');
        var (width, height) = (Advance(words.Max(w => w.Length)), CardStyle.LinePitch * words.Length);
        var roomWidth = card.Width - 2 * CardStyle.Inset;
        var roomHeight = card.Height - 2 * CardStyle.Inset - CardStyle.CodeHeight - 1;
        var scale = 2 * width <= roomWidth && 2 * height <= roomHeight ? 2 : 1;
        var y = card.Y + CardStyle.Inset + (roomHeight - scale * height) / 2;
        foreach (var word in words)
        {
            // A word too long for its card is cut at the edge: the bar code alone is read back.
            var letters = Math.Min(word.Length, (roomWidth + scale) / (scale * Advance(1) + scale));
            var x = card.X + (card.Width - scale * Advance(letters)) / 2;
            for (var i = 0; i < letters; i++)
            {
                PaintLetter(pixels, word[i], x + i * scale * (CardFont.GlyphWidth + 1), y, scale, ink);
            }

            y += scale * CardStyle.LinePitch;
        }
    }

    /// <summary>Width of so many letters with one pixel between them.</summary>
    private static int Advance(int letters) => letters * (CardFont.GlyphWidth + 1) - 1;

    private static void PaintLetter(byte[] pixels, char letter, int left, int top, int scale, byte ink)
    {
        for (var y = 0; y < CardFont.GlyphHeight; y++)
        {
            for (var x = 0; x < CardFont.GlyphWidth; x++)
            {
                if (CardFont.Ink(letter, x, y))
                {
                    Fill(pixels, left + x * scale, top + y * scale, scale, scale, ink);
                }
            }
        }
    }

    private static void PaintCode(byte[] pixels, SceneObject card)
    {
        var code = CardCode.Encode(ObjectNames.IndexOf(card.Class), card.Confidence, card.Width, card.Height);
        var top = card.Y + card.Height - CardStyle.Inset - CardStyle.CodeHeight;
        for (var bit = 0; bit < CardCode.Bits; bit++)
        {
            var x = card.X + CardStyle.Inset + bit * CardStyle.CodeBitWidth;
            var shade = (code >> bit & 1) != 0 ? CodeOne : CodeZero;
            Fill(pixels, x, top, CardStyle.CodeBitWidth, CardStyle.CodeHeight, shade);
        }
    }

    private static void Fill(byte[] pixels, int x, int y, int width, int height, byte value)
    {
        for (var row = y; row < y + height; row++)
        {
            pixels.AsSpan(row * Scene.Size + x, width).Fill(value);
        }
    }

    private static byte FillOf(string colour)
    {
        for (var i = 0; i < Palette.Colours.Count; i++)
        {
            if (Palette.Colours[i] == colour)
            {
                return (byte)(FirstFill + i);
            }
        }

        throw new ArgumentException($"Unknown colour {colour}: expected one of {string.Join(", ", Palette.Colours)}.");
    }
}

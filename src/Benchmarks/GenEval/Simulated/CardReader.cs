using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>Reads the cards of a simulated image from its pixels; the inverse of <see cref="CardPainter"/>.</summary>
public static class CardReader
{
    /// <exception cref="InvalidDataException">The file is no image, or something on it is no whole card.</exception>
    public static Scene Read(ReadOnlyMemory<byte> file) => Read(ImageReader.Decode(file));

    public static Scene Read(RgbImage image)
    {
        var cards = new List<SceneObject>();
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = NextInk(image, 0, y); x < image.Width;)
            {
                var card = cards.Find(c => c.X <= x && x < c.X + c.Width && c.Y <= y && y < c.Y + c.Height);
                if (card is null)
                {
                    cards.Add(card = ReadCard(image, x, y));
                }

                x = NextInk(image, card.X + card.Width, y);
            }
        }

        return new Scene(cards);
    }

    /// <summary>The first pixel from x on that is not background, or the width.</summary>
    private static int NextInk(RgbImage image, int x, int y)
    {
        // The background is a grey: its three bytes are equal.
        var step = image.Row(y)[(3 * x)..].IndexOfAnyExcept((byte)(CardStyle.Background & 0xFF));
        return step < 0 ? image.Width : x + step / 3;
    }

    private static SceneObject ReadCard(RgbImage image, int x, int y)
    {
        var (width, height) = (1, 1);
        while (x + width < image.Width && image[x + width, y] == CardStyle.Frame)
        {
            width++;
        }

        while (y + height < image.Height && image[x, y + height] == CardStyle.Frame)
        {
            height++;
        }

        if (width < CardStyle.MinWidth || height < CardStyle.MinHeight || !IsFramed(image, x, y, width, height))
        {
            throw new InvalidDataException(
                $"Simulated image: expected background or the frame of a card at ({x}, {y}), "
                + $"found #{image[x, y]:x6} over {width} x {height} pixels.");
        }

        var code = ReadCode(image, x + CardStyle.Inset, y + height - CardStyle.Inset - CardStyle.CodeHeight);
        if (!CardCode.TryDecode(code, width, height, out var classIndex, out var confidence)
            || classIndex >= ObjectNames.All.Count || confidence > 1000)
        {
            throw new InvalidDataException(
                $"Simulated image: the bar code of the card at ({x}, {y}) does not fit its check sum.");
        }

        var colour = Palette.Colours[CardStyle.NearestColour(image[x + 1, y + 1])];
        return new SceneObject(ObjectNames.All[classIndex], x, y, width, height, colour, confidence);
    }

    private static bool IsFramed(RgbImage image, int x, int y, int width, int height)
    {
        var framed = image[x, y] == CardStyle.Frame;
        for (var i = 0; i < width; i++)
        {
            framed &= image[x + i, y + height - 1] == CardStyle.Frame;
        }

        for (var i = 0; i < height; i++)
        {
            framed &= image[x + width - 1, y + i] == CardStyle.Frame;
        }

        return framed;
    }

    private static int ReadCode(RgbImage image, int x, int y)
    {
        var code = 0;
        for (var bit = 0; bit < CardCode.Bits; bit++)
        {
            var shade = image[x + bit * CardStyle.CodeBitWidth, y];
            if (shade is not (CardStyle.CodeZero or CardStyle.CodeOne))
            {
                throw new InvalidDataException(
                    $"Simulated image: expected a bit of a bar code at ({x + bit * CardStyle.CodeBitWidth}, {y}), "
                    + $"found #{shade:x6}.");
            }

            code |= (shade == CardStyle.CodeOne ? 1 : 0) << bit;
        }

        return code;
    }
}

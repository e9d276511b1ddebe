using ReflectDiT.Eval.Core.GenEval;
using ReflectDiT.Eval.Models.Imaging;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Reads the cards of a simulated image from its pixels; the inverse of <see cref="CardPainter"/>.</summary>
public static class CardReader
{
    /// <exception cref="InvalidDataException">The file is no PNG, or something on it is no whole card.</exception>
    public static Scene Read(ReadOnlyMemory<byte> png) => Read(PngReader.Read(png));

    public static Scene Read(RgbImage image)
    {
        var cards = new List<SceneObject>();
        for (var y = 0; y < image.Height; y++)
        {
            var row = image.Pixels.AsSpan(y * image.Width, image.Width);
            for (var x = row.IndexOfAnyExcept(CardStyle.Background); x >= 0;)
            {
                var card = cards.Find(c => c.X <= x && x < c.X + c.Width && c.Y <= y && y < c.Y + c.Height);
                if (card is null)
                {
                    cards.Add(card = ReadCard(image, x, y));
                }

                var next = card.X + card.Width;
                var step = row[next..].IndexOfAnyExcept(CardStyle.Background);
                x = step < 0 ? -1 : next + step;
            }
        }

        return new Scene(cards);
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

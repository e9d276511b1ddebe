namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>What painter and reader agree on: the colours of a card and where its bar code lies.</summary>
/// <remarks>From the outside in: a frame of one pixel, a margin of fill of one pixel, then name and bar code.</remarks>
internal static class CardStyle
{
    public const uint Background = 0xDCDCDC;
    public const uint Frame = 0x3C3C3C;
    public const uint CodeZero = 0xA8A8A8;
    public const uint CodeOne = 0x585858;

    /// <summary>Width of one bit of the bar code.</summary>
    public const int CodeBitWidth = 2;
    public const int CodeHeight = 3;

    /// <summary>From the frame to name and bar code.</summary>
    public const int Inset = 2;

    public const int LinePitch = CardFont.GlyphHeight + 2;
    public const int MinWidth = 2 * Inset + CardCode.Bits * CodeBitWidth;

    /// <summary>Room for a name of two words.</summary>
    public const int MinHeight = 2 * Inset + 2 * LinePitch + CodeHeight + 1;

    /// <summary>How the ten colours of GenEval look, in the order of <see cref="Palette.Colours"/>.</summary>
    public static readonly uint[] Fills =
        [0xD62828, 0xF58A1F, 0xF7DC3A, 0x3FA34D, 0x2F62D1, 0x7B3FA8, 0xF59AC0, 0x7A4A28, 0x141414, 0xFCFCFC];

    /// <summary>The palette colour that a fill looks most like; the first of equals.</summary>
    public static int NearestColour(uint fill)
    {
        var best = 0;
        for (var i = 1; i < Fills.Length; i++)
        {
            best = Distance(Fills[i], fill) < Distance(Fills[best], fill) ? i : best;
        }

        return best;
    }

    private static int Distance(uint a, uint b)
    {
        var red = (int)(a >> 16 & 255) - (int)(b >> 16 & 255);
        var green = (int)(a >> 8 & 255) - (int)(b >> 8 & 255);
        var blue = (int)(a & 255) - (int)(b & 255);
        return red * red + green * green + blue * blue;
    }
}

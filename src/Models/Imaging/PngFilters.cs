namespace ReflectDiT.Eval.Models.Imaging;

/// <summary>The five row filters of PNG, undone in place.</summary>
internal static class PngFilters
{
    /// <param name="rows">Each row after its filter byte.</param>
    public static void Undo(byte[] rows, int height, int rowBytes, int pixelBytes)
    {
        ReadOnlySpan<byte> above = new byte[rowBytes];
        for (var y = 0; y < height; y++)
        {
            var start = y * (1 + rowBytes);
            var row = rows.AsSpan(start + 1, rowBytes);
            switch (rows[start])
            {
                case 0: break;
                case 1: UndoSub(row, pixelBytes); break;
                case 2: UndoUp(row, above); break;
                case 3: UndoAverage(row, above, pixelBytes); break;
                case 4: UndoPaeth(row, above, pixelBytes); break;
                default:
                    throw new InvalidDataException($"PNG: row {y} has filter {rows[start]}, expected 0 to 4.");
            }

            above = row;
        }
    }

    private static void UndoSub(Span<byte> row, int pixelBytes)
    {
        for (var i = pixelBytes; i < row.Length; i++)
        {
            row[i] += row[i - pixelBytes];
        }
    }

    private static void UndoUp(Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (var i = 0; i < row.Length; i++)
        {
            row[i] += above[i];
        }
    }

    private static void UndoAverage(Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var left = i < pixelBytes ? 0 : row[i - pixelBytes];
            row[i] += (byte)((left + above[i]) / 2);
        }
    }

    private static void UndoPaeth(Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var left = i < pixelBytes ? 0 : row[i - pixelBytes];
            var corner = i < pixelBytes ? 0 : above[i - pixelBytes];
            row[i] += Paeth(left, above[i], corner);
        }
    }

    private static byte Paeth(int left, int above, int corner)
    {
        var estimate = left + above - corner;
        var (byLeft, byAbove, byCorner) =
            (Math.Abs(estimate - left), Math.Abs(estimate - above), Math.Abs(estimate - corner));
        return (byte)(byLeft <= byAbove && byLeft <= byCorner ? left : byAbove <= byCorner ? above : corner);
    }
}

using System.Globalization;

namespace ReflectDiT.Eval.Core.Detecting;

/// <summary>
/// Where in an image an object is, for people to look at: a grid over the whole image, row by row, as the lengths of stretches
/// outside and inside it in turn. The rules never look at it, so a grid of few cells is enough.
/// </summary>
public sealed record ObjectMask
{
    /// <summary>Cells of the longer side at most.</summary>
    public const int MostCells = 128;

    private readonly int[] _runs;

    private ObjectMask(int columns, int rows, int[] runs) => (Columns, Rows, _runs) = (columns, rows, runs);

    public int Columns { get; }

    public int Rows { get; }

    /// <param name="mask">Row by row, true inside.</param>
    public static ObjectMask Of(ReadOnlySpan<bool> mask, int width, int height)
    {
        var scale = Math.Max(1, (double)Math.Max(width, height) / MostCells);
        var (columns, rows) = (Math.Max(1, (int)(width / scale)), Math.Max(1, (int)(height / scale)));
        var (runs, inside) = (new List<int> { 0 }, false);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                // The pixel in the middle of the cell.
                var (x, y) = ((int)((column + 0.5) * width / columns), (int)((row + 0.5) * height / rows));
                if (mask[(y * width) + x] != inside)
                {
                    inside = !inside;
                    runs.Add(0);
                }

                runs[^1]++;
            }
        }

        return new(columns, rows, [.. runs]);
    }

    /// <summary>Of <see cref="ToString"/>; null for any other text.</summary>
    public static ObjectMask? Parse(string text)
    {
        var parts = text.Split(' ', 2 + (MostCells * MostCells) + 1);
        var numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]) || numbers[i] > MostCells * MostCells)
            {
                return null;
            }
        }

        return numbers is [>= 1 and <= MostCells and var columns, >= 1 and <= MostCells and var rows, .. var runs] && runs.Sum(run => (long)run) == columns * rows
            ? new(columns, rows, runs)
            : null;
    }

    /// <summary>The stretches inside, cut where a row ends: from a column to another, that one exclusive.</summary>
    public IEnumerable<(int Row, int From, int To)> Spans()
    {
        var at = 0;
        for (var i = 0; i < _runs.Length; at += _runs[i++])
        {
            var end = i % 2 == 1 ? at + _runs[i] : at;
            for (var from = at; from < end; from += Columns - (from % Columns))
            {
                yield return (from / Columns, from % Columns, Math.Min(Columns, (from % Columns) + end - from));
            }
        }
    }

    /// <summary>Columns, rows and the lengths, as a ledger keeps them.</summary>
    public override string ToString() => string.Join(' ', _runs.Prepend(Rows).Prepend(Columns).Select(n => n.ToString(CultureInfo.InvariantCulture)));

    public bool Equals(ObjectMask? other) => other is not null && Columns == other.Columns && Rows == other.Rows && _runs.AsSpan().SequenceEqual(other._runs);

    public override int GetHashCode() => HashCode.Combine(Columns, Rows, _runs.Length);
}

using System.Text;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>What a person sees of a terminal: as much of one as a progress bar uses.</summary>
internal static class Screen
{
    /// <returns>Its lines, without scrolling, when all of the output has been shown.</returns>
    public static IReadOnlyList<string> After(string output)
    {
        var lines = new List<StringBuilder> { new() };
        var (row, column) = (0, 0);
        for (var i = 0; i < output.Length; i++)
        {
            switch (output[i])
            {
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    row++;
                    break;
                case '\e' when output[i + 1] == '[':
                    var end = i + 2;
                    while (!char.IsAsciiLetter(output[end]))
                        end++;
                    _ = int.TryParse(output[(i + 2)..end], out var count);
                    i = end;
                    if (output[end] == 'A')
                        row -= Math.Max(1, count);
                    else if (output[end] == 'K')
                        lines[row].Remove(count == 2 ? 0 : column, lines[row].Length - (count == 2 ? 0 : column));
                    break;
                default:
                    Put(output[i]);
                    break;
            }

            while (lines.Count <= row)
                lines.Add(new());
        }

        return [.. lines.Select(l => l.ToString().TrimEnd())];

        void Put(char c)
        {
            var line = lines[row];
            line.Append(' ', Math.Max(0, column + 1 - line.Length));
            line[column++] = c;
        }
    }
}

using System.Globalization;

namespace ReflectDiT.Eval.Core.Text;

/// <summary>Nfc.txt, read when the first text needs it.</summary>
internal static class NfcTable
{
    private static readonly Dictionary<int, byte> Classes = [];

    static NfcTable()
    {
        using var stream = typeof(NfcTable).Assembly.GetManifestResourceStream("Nfc.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] != '#')
            {
                Add(line.TrimStart('!').Split(' ', '-'), isClass: line.Contains('-'), isExcluded: line[0] == '!');
            }
        }
    }

    /// <summary>One step of the canonical decomposition; a single character has no second.</summary>
    public static Dictionary<int, (int First, int Second)> Decompositions { get; } = [];

    public static Dictionary<(int First, int Second), int> Compositions { get; } = [];

    /// <summary>The canonical combining class; 0 for a starter.</summary>
    public static int Class(int code) => Classes.GetValueOrDefault(code);

    private static void Add(string[] words, bool isClass, bool isExcluded)
    {
        var code = Code(words[0]);
        if (isClass)
        {
            for (var last = Code(words[1]); code <= last; code++)
            {
                Classes.Add(code, byte.Parse(words[2], CultureInfo.InvariantCulture));
            }

            return;
        }

        var parts = (Code(words[1]), words.Length > 2 ? Code(words[2]) : 0);
        Decompositions.Add(code, parts);
        if (!isExcluded)
        {
            Compositions.Add(parts, code);
        }
    }

    private static int Code(string hexadecimal) => int.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text;

namespace ReflectDiT.Eval.Core.Text;

/// <summary>File names for things that people have named: readable, safe in any folder, and never two the same.</summary>
public static class FileNames
{
    /// <summary>Of UTF-8; a file system takes 255, and something may be put behind.</summary>
    private const int MostBytes = 100;

    /// <summary>
    /// Letters of any script, digits, '-', '.' and '_' stay; '_' stands in the place of all else. Where two would be the
    /// same, the later one gets a number; capital letters tell no two apart, as on some disks.
    /// </summary>
    /// <param name="wanted">In an order that does not change: then no name does.</param>
    public static IReadOnlyDictionary<T, string> Of<T>(IEnumerable<(T Key, string Name)> wanted)
        where T : notnull
    {
        var (names, taken) = (new Dictionary<T, string>(), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        // Who is called so keeps the name, whoever comes first.
        foreach (var (key, safe, _) in wanted.Select(w => (w.Key, Safe: Safe(w.Name), w.Name)).OrderBy(w => w.Safe == w.Name ? 0 : 1))
        {
            var name = safe;
            for (var twin = 2; !taken.Add(name); twin++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{safe}-{twin}");
            }

            names.Add(key, name);
        }

        return names;
    }

    /// <summary>For a thing that stands alone: see <see cref="Of{T}"/>.</summary>
    public static string Of(string name) => Safe(name);

    private static string Safe(string name)
    {
        var (safe, bytes) = (new StringBuilder(), 0);
        foreach (var rune in Nfc.Normalize(name).EnumerateRunes())
        {
            var kept = IsSafe(rune) && (safe.Length > 0 || rune.Value != '.') ? rune : new Rune('_');
            bytes += kept.Utf8SequenceLength;
            if (bytes > MostBytes)
            {
                break;
            }

            safe.Append(kept.ToString());
        }

        return safe.Length > 0 ? safe.ToString() : "_";
    }

    private static bool IsSafe(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '.' or '_'
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}

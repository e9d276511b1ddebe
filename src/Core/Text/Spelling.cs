namespace ReflectDiT.Eval.Core.Text;

/// <summary>Finds the word that was meant.</summary>
public static class Spelling
{
    /// <summary>More slips of the finger than this are another word; of a short word fewer.</summary>
    private const int MostSlips = 2;

    /// <summary>The one of <paramref name="known"/> that is nearest; null where none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> known) => known
        .Select(k => (Word: k, Slips: Slips(word, k)))
        .Where(k => k.Slips <= Math.Min(MostSlips, Math.Max(word.Length, k.Word.Length) / 3))
        .OrderBy(k => k.Slips)
        .Select(k => k.Word)
        .FirstOrDefault();

    /// <summary>Letters to add, leave out, replace or swap with the next (optimal string alignment).</summary>
    private static int Slips(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > MostSlips)
        {
            return int.MaxValue;
        }

        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(
                        Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1,
                        cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}

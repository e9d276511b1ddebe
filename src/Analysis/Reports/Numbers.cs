using ReflectDiT.Eval.Analysis.Statistics;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>Numbers for people: three decimals, as published.</summary>
public static class Numbers
{
    /// <summary>Never "-0.000".</summary>
    public static string Share(double value) => value.ToString("0.000;-0.000;0.000");

    public static string Signed(double value) => value.ToString("+0.000;-0.000;0.000");

    public static string Range(Interval interval) => $"{Share(interval.Low)}..{Share(interval.High)}";

    private static readonly string[] Words =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

    /// <summary>A count in words, up to twelve.</summary>
    public static string Word(int count) => count < Words.Length ? Words[count] : $"{count}";

    /// <summary>Ascending numbers as "0, 4-9, 12"; after <paramref name="most"/> parts, how many more.</summary>
    public static string Ranges(IEnumerable<int> ascending, int most)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var number in ascending)
        {
            if (ranges.Count > 0 && ranges[^1].Last == number - 1)
            {
                ranges[^1] = (ranges[^1].First, number);
            }
            else
            {
                ranges.Add((number, number));
            }
        }

        var shown = string.Join(
            ", ", ranges.Take(most).Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}-{r.Last}"));
        var more = ranges.Skip(most).Sum(r => r.Last - r.First + 1);
        return more == 0 ? shown : $"{shown} and {more} more";
    }
}

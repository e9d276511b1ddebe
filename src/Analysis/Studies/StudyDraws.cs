using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Analysis.Studies;

/// <summary>
/// Every random draw of a study: a function of its seed, what is drawn for, the rater and the pair, and of nothing else. So a
/// rater who comes back goes on where he was, and nobody has to remember an order.
/// </summary>
public static class StudyDraws
{
    /// <summary>
    /// Prompts by chance, of each category its share (the largest remainders get what is left); in the order of the sweep.
    /// </summary>
    /// <param name="count">All where there are no more.</param>
    public static IReadOnlyList<SweepPrompt> Prompts(IReadOnlyList<SweepPrompt> prompts, int count, long seed)
    {
        if (count >= prompts.Count)
        {
            return prompts;
        }

        var categories = prompts.GroupBy(p => p.Stratum)
            .Select(g => (Prompts: g.OrderBy(p => Draw(seed, "sample", "", p.Index)).ToList(), Share: (double)count * g.Count() / prompts.Count))
            .ToList();
        var left = count - categories.Sum(c => (int)c.Share);
        var most = categories.OrderByDescending(c => c.Share - (int)c.Share).ThenBy(c => c.Prompts[0].Index).Take(left).ToHashSet();
        return [.. categories.SelectMany(c => c.Prompts.Take((int)c.Share + (most.Contains(c) ? 1 : 0))).OrderBy(p => p.Index)];
    }

    /// <summary>
    /// What a rater is asked, in order. Sides are drawn for each pair; a pair that comes again does so with the sides changed,
    /// among the second half of the others, so that it cannot be told from them.
    /// </summary>
    public static IReadOnlyList<Showing> Order(StudyManifest manifest, string rater)
    {
        int[] pairs = [.. manifest.Asked.OrderBy(p => Draw(manifest.Seed, "order", rater, p))];
        var half = pairs.Length / 2.0;
        var first = pairs.Select((pair, place) => (Place: (double)place, Pair: pair, Again: false));
        var again = pairs.Take(manifest.Repeated).Select(pair =>
            (Place: half + (Draw(manifest.Seed, "again", rater, pair) / (double)ulong.MaxValue * half), Pair: pair, Again: true));
        return
        [
            .. first.Concat(again).OrderBy(s => s.Place).ThenBy(s => s.Pair)
                .Select((s, number) => new Showing(number, s.Pair, s.Again, s.Again != FirstIsLeft(manifest, rater, s.Pair))),
        ];
    }

    private static bool FirstIsLeft(StudyManifest manifest, string rater, int pair) => Draw(manifest.Seed, "side", rater, pair) % 2 == 0;

    private static ulong Draw(long seed, string purpose, string rater, int number) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{purpose}\n{number}\n{rater}")));
}

/// <summary>A pair as a rater sees it.</summary>
/// <param name="Number">Its place in the rater's order, from 0.</param>
/// <param name="Pair">Index into <see cref="StudyManifest.Pairs"/>.</param>
/// <param name="Again">The rater has seen it before, on the other sides.</param>
/// <param name="FirstLeft">The first arm's image is on the left.</param>
public sealed record Showing(int Number, int Pair, bool Again, bool FirstLeft);

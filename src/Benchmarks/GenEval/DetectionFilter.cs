using System.Runtime.InteropServices;
using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>Which detections of an image count: above the threshold, the best so many, without overlaps.</summary>
internal static class DetectionFilter
{
    /// <summary>Classes with nothing left are absent; the others come in the order of the detections.</summary>
    public static KeptClass[] Keep(
        PromptMetadata prompt,
        IReadOnlyDictionary<string, IReadOnlyList<Detection>> detections,
        ScoringOptions options)
    {
        var threshold = (float)(prompt.Tag == Categories.Counting ? options.CountingThreshold : options.Threshold);
        var kept = new KeptClass[detections.Count];
        var count = 0;
        foreach (var (name, found) in detections)
        {
            var indices = Best(AsSpan(found), threshold, options);
            if (indices.Length > 0)
                kept[count++] = new KeptClass(name, indices);
        }

        return count == kept.Length ? kept : kept[..count];
    }

    /// <summary>The items without a call through the list's interface for each.</summary>
    public static ReadOnlySpan<Detection> AsSpan(IReadOnlyList<Detection> detections) => detections switch
    {
        Detection[] array => array,
        List<Detection> list => CollectionsMarshal.AsSpan(list),
        _ => detections.ToArray(),
    };

    private static int[] Best(ReadOnlySpan<Detection> found, float threshold, ScoringOptions options)
    {
        var above = 0;
        foreach (ref readonly var detection in found)
            above += detection.Score > threshold ? 1 : 0;
        if (above == 0)
            return [];

        var best = new int[Math.Min(above, options.MaxObjects)];
        for (var i = 0; i < found.Length; i++)
        {
            if (found[i].Score > threshold && Rank(found, i) is var rank && rank < best.Length)
                best[rank] = i;
        }

        // At exactly 1 the published scorer compares no boxes at all: identical ones both stay.
        return options.MaxOverlap == 1.0 ? best : best[..DropOverlapping(found, best, options.MaxOverlap)];
    }

    /// <summary>How many are better; of equal scores the later detection is.</summary>
    private static int Rank(ReadOnlySpan<Detection> found, int index)
    {
        // Few objects, in no order: comparing each with each leaves the processor nothing to guess wrong.
        var score = found[index].Score;
        var better = 0;
        foreach (ref readonly var earlier in found[..index])
            better += earlier.Score > score ? 1 : 0;
        foreach (ref readonly var later in found[(index + 1)..])
            better += later.Score >= score ? 1 : 0;
        return better;
    }

    /// <summary>Greedy: each object stays unless a better one that stays covers it. Returns how many do.</summary>
    private static int DropOverlapping(ReadOnlySpan<Detection> found, Span<int> best, double maxOverlap)
    {
        var stay = 0;
        foreach (var candidate in best)
        {
            var free = true;
            for (var i = 0; i < stay && free; i++)
                free = BoxGeometry.Overlap(found[best[i]], found[candidate]) < maxOverlap;
            if (free)
                best[stay++] = candidate;
        }

        return stay;
    }
}

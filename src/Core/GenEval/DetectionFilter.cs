using System.Runtime.InteropServices;

namespace ReflectDiT.Eval.Core.GenEval;

/// <summary>Which detections of an image count: above the threshold, the best so many, without overlaps.</summary>
internal static class DetectionFilter
{
    /// <summary>Classes with nothing left are absent; the others come in the order of <see cref="ObjectNames.All"/>.</summary>
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
            var order = ObjectNames.IndexOf(name);
            if (order < 0)
            {
                throw new InvalidDataException(
                    $"prompt \"{prompt.Prompt}\": detections of unknown class \"{name}\"; expected GenEval's 80 names");
            }

            var indices = Best(AsSpan(found), threshold, options);
            if (indices.Length == 0)
                continue;

            var place = count++;
            for (; place > 0 && ObjectNames.IndexOf(kept[place - 1].Class) > order; place--)
                kept[place] = kept[place - 1];
            kept[place] = new KeptClass(name, indices);
        }

        return count == kept.Length ? kept : kept[..count];
    }

    public static ReadOnlySpan<Detection> AsSpan(IReadOnlyList<Detection> detections) => detections switch
    {
        Detection[] array => array,
        List<Detection> list => CollectionsMarshal.AsSpan(list),
        _ => detections.ToArray(),
    };

    private static int[] Best(ReadOnlySpan<Detection> found, float threshold, ScoringOptions options)
    {
        const int OnStack = 128;
        var limit = Math.Min(options.MaxObjects, found.Length);
        Span<int> best = limit <= OnStack ? stackalloc int[OnStack] : new int[limit];
        var count = 0;
        for (var i = 0; i < found.Length; i++)
        {
            var score = found[i].Score;
            if (!(score > threshold) || (count == limit && found[best[count - 1]].Score > score))
                continue;

            // Best first; of equal scores the later detection is the better one.
            var place = count == limit ? count - 1 : count++;
            for (; place > 0 && found[best[place - 1]].Score <= score; place--)
                best[place] = best[place - 1];
            best[place] = i;
        }

        // At exactly 1 the published scorer compares no boxes at all: identical ones both stay.
        if (options.MaxOverlap != 1.0)
            count = DropOverlapping(found, best[..count], options.MaxOverlap);
        return best[..count].ToArray();
    }

    /// <summary>Greedy: each object stays unless a better one that stays covers it. Returns how many stay, in front.</summary>
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

using System.Globalization;
using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>Evaluates the clauses of one prompt on the detections that were kept of one image.</summary>
internal readonly ref struct ClauseEvaluation(
    PromptMetadata prompt,
    IReadOnlyDictionary<string, IReadOnlyList<Detection>> detections,
    ReadOnlySpan<KeptClass> kept,
    float positionThreshold)
{
    private readonly ReadOnlySpan<Clause> _include = prompt.IncludeSpan;
    private readonly ReadOnlySpan<KeptClass> _kept = kept;

    /// <summary>The reasons of all clauses that fail, joined by line feeds; empty when none does.</summary>
    public string Run()
    {
        var reasons = "";
        const int OnStack = 32;
        Span<bool> failed = _include.Length <= OnStack ? stackalloc bool[OnStack] : new bool[_include.Length];
        for (var i = 0; i < _include.Length; i++)
        {
            var reason = Include(i, failed);
            failed[i] = reason is not null;
            reasons = Join(reasons, reason);
        }

        foreach (var clause in prompt.ExcludeSpan)
            reasons = Join(reasons, Exclude(clause));
        return reasons;
    }

    private static string Join(string reasons, string? reason) =>
        reason is null ? reasons : reasons.Length == 0 ? reason : reasons + "\n" + reason;

    /// <summary>Why an include clause fails, or null when it holds.</summary>
    private string? Include(int index, ReadOnlySpan<bool> failed)
    {
        var clause = _include[index];
        var objects = Kept(clause.Class);
        if (objects.Length < clause.Count)
            return "expected " + clause.Class + ">=" + Text(clause.Count) + ", found " + Text(objects.Length);
        if (clause.Colour is null && clause.Position is null)
            return null;

        // Only the best `count` objects are looked at: a fitting one further down does not help.
        objects = objects[..clause.Count];
        var found = Found(clause.Class);
        return (clause.Colour is { } colour ? Colours(index, colour, objects, found) : null)
            ?? (clause.Position is { } position ? Relations(clause, position, objects, found, failed) : null);
    }

    private string? Exclude(Clause clause)
    {
        var found = Kept(clause.Class).Length;
        return found >= clause.Count
            ? "expected " + clause.Class + "<" + Text(clause.Count) + ", found " + Text(found)
            : null;
    }

    private string? Colours(int index, string colour, ReadOnlySpan<int> objects, ReadOnlySpan<Detection> found)
    {
        var clause = _include[index];
        Span<int> counts = stackalloc int[Palette.Colours.Count];
        counts.Clear();
        foreach (var i in objects)
        {
            if (found[i].Colour is not { } label)
                continue;

            var seen = PaletteIndex(label);
            if (seen < 0)
            {
                throw ClauseCheck.Refuse(
                    prompt.Prompt,
                    "include",
                    index,
                    $"detection {i} of {clause.Class} has the unknown colour \"{label}\"; expected null or one of "
                        + ClauseCheck.Names(Palette.Colours));
            }

            counts[seen]++;
        }

        var fitting = counts[PaletteIndex(colour)];
        if (fitting >= clause.Count)
            return null;

        var all = "";
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
                all += (all.Length > 0 ? ", " : "") + Text(counts[i]) + " " + Palette.Colours[i];
        }

        return "expected " + colour + " " + clause.Class + ">=" + Text(clause.Count) + ", found " + Text(fitting) + " "
            + colour + "; and " + all;
    }

    /// <summary>Every object must have the relation to every object of the target; the first miss counts.</summary>
    private string? Relations(
        Clause clause,
        Position position,
        ReadOnlySpan<int> objects,
        ReadOnlySpan<Detection> found,
        ReadOnlySpan<bool> failed)
    {
        if (failed[position.Target])
            return $"no target for {clause.Class} to be {position.Relation}";

        var target = _include[position.Target];
        var targets = Kept(target.Class)[..target.Count];
        var foundTargets = Found(target.Class);
        foreach (var i in objects)
        {
            foreach (var j in targets)
            {
                var (horizontal, vertical) = BoxGeometry.Relations(found[i], foundTargets[j], positionThreshold);
                if (position.Relation == horizontal || position.Relation == vertical)
                    continue;

                var and = horizontal is not null && vertical is not null ? " and " : "";
                return "expected " + clause.Class + " " + position.Relation + " target, found "
                    + horizontal + and + vertical + " target";
            }
        }

        return null;
    }

    private ReadOnlySpan<Detection> Found(string name) => DetectionFilter.AsSpan(detections[name]);

    /// <summary>.NET keeps the texts of small numbers: joining them is several times as fast as formatting.</summary>
    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private ReadOnlySpan<int> Kept(string name)
    {
        foreach (ref readonly var candidate in _kept)
        {
            if (candidate.Class == name)
                return candidate.Indices;
        }

        return [];
    }

    private static int PaletteIndex(string colour)
    {
        for (var i = 0; i < Palette.Colours.Count; i++)
        {
            if (Palette.Colours[i] == colour)
                return i;
        }

        return -1;
    }
}

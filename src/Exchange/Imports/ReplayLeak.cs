using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// Looks for runs that were resumed with the released code's <c>--cont</c>. It puts <c>text_feedback</c>, which is the
/// detector's, into the context instead of the judge's words (eval.py lines 243 to 261), and leaves a trace: the
/// annotations file of the run lists a replayed image by path and reason alone, a drawn one with its whole record.
/// </summary>
public static class ReplayLeak
{
    /// <summary>One entry of an annotations file.</summary>
    /// <param name="Replayed">The words that went into the context; null for an image drawn in this run.</param>
    private sealed record Entry(int Index, string? Replayed);

    /// <param name="annotations">An <c>annotations_rank_*.json</c>.</param>
    /// <param name="records">By the folder of their chain and their index.</param>
    /// <exception cref="RecordException">The file is not what the released code writes.</exception>
    public static IEnumerable<Finding> Find(
        string file, JsonElement annotations, IReadOnlyDictionary<(string Folder, int Index), RecordedAttempt> records)
    {
        if (annotations.ValueKind != JsonValueKind.Array)
        {
            throw new RecordException(file, null, "expected a list of records");
        }

        var chains = new SortedDictionary<string, List<Entry>>(StringComparer.Ordinal);
        foreach (var json in annotations.EnumerateArray().Where(j => j.ValueKind == JsonValueKind.Object))
        {
            var replayed = !json.TryGetProperty(ResultRecord.PassKey, out _);
            var path = (Value(json, replayed ? "path" : "filename") ?? "").Replace('\\', '/').Split('/');
            if (path.Length >= 3 && int.TryParse(path[^1].Split('.')[0], out var index))
            {
                var folder = path[^3];
                if (!chains.TryGetValue(folder, out var entries))
                {
                    chains[folder] = entries = [];
                }

                entries.Add(new(index, replayed ? Value(json, "reason") ?? "" : null));
            }
        }

        return chains.SelectMany(c => OfChain(file, c.Key, c.Value, records)).ToList();
    }

    private static IEnumerable<Finding> OfChain(
        string file,
        string folder,
        List<Entry> entries,
        IReadOnlyDictionary<(string Folder, int Index), RecordedAttempt> records)
    {
        foreach (var replay in entries.Where(e => e.Replayed is not null))
        {
            int[] later =
                [.. entries.Where(e => e.Replayed is null && e.Index > replay.Index).Select(e => e.Index).Order()];
            var judge = records.GetValueOrDefault((folder, replay.Index))?.Verdict?.Feedback;
            if (later.Length > 0 && judge is not null && replay.Replayed != judge)
            {
                yield return new(
                    FindingKind.Leak,
                    $"folder {folder}: the run was resumed after attempt {replay.Index}, and from attempt {later[0]} "
                    + $"on drew with the detector's words about it in reach: \"{replay.Replayed}\", where the judge "
                    + $"said \"{judge}\"",
                    file);
            }
        }
    }

    private static string? Value(JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

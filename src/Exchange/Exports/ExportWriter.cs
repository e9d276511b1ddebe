using System.Text.Json;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Exchange.Exports;

/// <summary>Writes a sweep as files that the published scripts read: docs/data.md describes them.</summary>
public static class ExportWriter
{
    /// <param name="format">One of <see cref="ArmInput"/>'s.</param>
    /// <param name="path">The folder, which must be new or empty; it appears whole or not at all.</param>
    /// <param name="best">Of GenEval's format: images of each chain, those that its strategy likes best; 1 for the one that it shows.</param>
    /// <exception cref="InvalidDataException">
    /// The folder is there, or the format cannot hold what the sweep shows.
    /// </exception>
    public static async Task WriteAsync(SweepExport sweep, string format, string path, CancellationToken cancellation, int best = 1)
    {
        ExportFolder.Check(path);
        using var folder = new ExportFolder(path, sweep.Artifacts);
        if (format == ArmInput.Csv)
        {
            await CsvAsync(sweep, folder, cancellation);
        }
        else
        {
            // The arms themselves come first: what follows from a name takes no other's.
            var names = FileNames.Of(
                from replicate in Enumerable.Range(0, sweep.Results.Replicates)
                from arm in sweep.Arms.Index()
                select ((arm.Index, replicate), replicate == 0 ? arm.Item.Arm.Name : $"{arm.Item.Arm.Name}-replicate-{replicate}"));
            foreach (var (index, arm) in sweep.Arms.Index())
            {
                await (format == ArmInput.GenEval ? GenEvalAsync(sweep, arm, names[(index, 0)], best, folder, cancellation)
                    : ReflectDitAsync(sweep.Results, arm, replicate => names[(index, replicate)], folder, cancellation));
            }
        }

        folder.Commit();
    }

    /// <summary>A record of Every Eval Ever for each arm: scores and intervals, and neither images nor chains.</summary>
    /// <param name="organization">Who ran the sweep.</param>
    /// <param name="created">When the records are made.</param>
    /// <exception cref="InvalidDataException">The folder is there, or the sweep has no scores.</exception>
    public static void WriteRecords(SweepExport sweep, string organization, DateTimeOffset created, string path)
    {
        if (sweep.Results.Scorer is null)
        {
            throw new InvalidDataException(sweep.Results.Unscored);
        }

        ExportFolder.Check(path);
        using var folder = new ExportFolder(path, sweep.Artifacts);
        for (var arm = 0; arm < sweep.Arms.Count; arm++)
        {
            folder.Write(EveryEvalEver.Place(sweep, arm, organization), EveryEvalEver.Write(sweep, arm, organization, created));
        }

        folder.Commit();
    }

    /// <summary>
    /// The image that each chain shows, or its best ones, as images of its prompt: what GenEval's scorer and summary look at.
    /// Without scores there are no results, which 'reflectdit score' makes.
    /// </summary>
    private static async Task GenEvalAsync(
        SweepExport sweep, ExportedArm arm, string root, int best, ExportFolder folder, CancellationToken cancellation)
    {
        var results = sweep.Results;
        if (results.Graded || (results.Scorer is null && sweep.Configuration.Benchmark.Kind != GenEvalBenchmark.Kind))
        {
            throw new InvalidDataException(
                $"Sweep {results.Sweep} {(results.Graded ? "has scores between 0 and 1" : "has no scorer")}: results of GenEval's "
                + "scorer say of each image whether it passes. 'reflectdit export csv' keeps what there is.");
        }

        if (best > 1 && !arm.Arm.Strategy.DrawsAll)
        {
            throw new InvalidDataException(
                $"Arm '{arm.Arm.Name}' may stop before it has drawn all its images: they have no order, and so no {best} best");
        }

        await using var lines = results.Scorer is null ? null : folder.Open(Path.Combine(root, "results.jsonl"));
        foreach (var chain in arm.Chains)
        {
            folder.Write(Path.Combine(root, $"{chain.Prompt.Index:00000}", "metadata.jsonl"), chain.Prompt.Metadata);
            var kept = best == 1 ? [chain.Result.Shown] : PromptScores.Best(arm.Arm.Strategy, chain.Result, best);
            foreach (var (rank, index) in kept.Index())
            {
                var place = $"{chain.Prompt.Index:00000}/samples/{(chain.Result.Replicate * best) + rank:0000}.png";
                await folder.ImageAsync(Path.Combine(root, place), chain.Attempts[index].Row.Image, cancellation);
                if (lines is not null)
                    await lines.WriteLineAsync(ResultJson.Write(place, arm.Arm, results.Graded, chain, chain.Attempts[index]));
            }
        }
    }

    /// <summary>The tree of eval.py, one for each replicate: it has one chain a prompt.</summary>
    private static async Task ReflectDitAsync(
        SweepResults sweep, ExportedArm arm, Func<int, string> rootOf, ExportFolder folder, CancellationToken cancellation)
    {
        foreach (var chain in arm.Chains)
        {
            RefuseOtherShown(arm.Arm, chain.Result);
            var place = Path.Combine(rootOf(chain.Result.Replicate), $"{chain.Prompt.Index:00000}");
            folder.Write(Path.Combine(place, "metadata.jsonl"), chain.Prompt.Metadata);
            foreach (var attempt in chain.Attempts)
            {
                // analysis.py finds the index by stripping ".png" alone.
                var image = Path.Combine(place, "samples", $"{attempt.Row.Index:00000}.png");
                await folder.ImageAsync(image, attempt.Row.Image, cancellation);
                folder.Write($"{image}.feedback.json", ResultJson.Write(
                    image.Replace('\\', '/'), arm.Arm, sweep.Graded, chain, attempt, json => Feedback(json, chain, attempt)));
            }
        }
    }

    private static void Feedback(Utf8JsonWriter json, ExportedChain chain, ExportedAttempt attempt)
    {
        if (attempt.Score is not null)
        {
            json.WriteString("text_feedback", ScorerWords(attempt));
        }

        if (attempt.Row.Accepted is { } accepted)
        {
            json.WriteBoolean("correct_verifier", accepted);
            json.WriteString("text_feedback_verifier", attempt.Row.Feedback);
        }

        json.WriteNumber("gen_idx_gt", attempt.Row.Index);
        if (attempt.Row.Imported && attempt.Context.Count == 0)
        {
            return; // Elsewhere it may have had a context that nobody recorded.
        }

        json.WriteStartArray("context");
        foreach (var (source, words) in attempt.Context)
        {
            var about = chain.Attempts[source];
            json.WriteStartObject();
            json.WriteNumber("gen_idx", source);
            json.WriteString("reason", words is FeedbackSource.Scorer ? ScorerWords(about) : about.Row.Feedback);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string? ScorerWords(ExportedAttempt attempt) =>
        attempt.Score is { Reason: not null } score ? score.Feedback : null;

    /// <summary>
    /// The released analysis takes the last image at N; an arm that shows another would get other numbers.
    /// </summary>
    private static void RefuseOtherShown(ArmResults arm, ChainResult chain)
    {
        for (var n = 1; n <= chain.Attempts.Count; n++)
        {
            if (PromptScores.Shown(arm.Strategy, chain, n) is var shown && shown != n - 1)
            {
                throw new InvalidDataException(
                    $"Arm '{arm.Name}' shows attempt {shown} of prompt {chain.Prompt} after {n}: the released analysis "
                    + "takes the last, so its numbers would be others. 'reflectdit export csv' keeps which image is shown.");
            }
        }
    }

    private static async Task CsvAsync(SweepExport sweep, ExportFolder folder, CancellationToken cancellation)
    {
        await using var file = folder.Open("attempts.csv");
        var judged = sweep.Results.Graded || sweep.Results.Arms.Any(a => a.SelfScored);
        await file.WriteAsync(AttemptsCsv.Line(AttemptsCsv.Columns(judged)));
        foreach (var (arm, chain, attempt) in
            from arm in sweep.Arms
            from chain in arm.Chains
            from attempt in chain.Attempts
            select (arm.Arm, chain, attempt))
        {
            cancellation.ThrowIfCancellationRequested();
            var row = attempt.Row;
            await file.WriteAsync(AttemptsCsv.Line(
            [
                arm.Name, arm.Strategy.MaxAttempts, arm.Simulated, arm.UsesScorer, .. judged ? [arm.SelfScored] : Array.Empty<object?>(),
                arm.Leaked, arm.Published,
                chain.Prompt.Index, chain.Prompt.Stratum, chain.Prompt.Prompt,
                chain.Result.Replicate, row.Index, .. judged ? [attempt.Score?.Value] : Array.Empty<object?>(),
                attempt.Score?.Passed, attempt.Score?.Reason,
                PromptScores.Shown(arm.Strategy, chain.Result, row.Index + 1),
                row.Accepted, row.JudgeScore, row.JudgeNoScore, row.Feedback, row.JudgeText,
                AttemptsCsv.Context(attempt.Context),
                row.Seed, row.Image is { } image ? Convert.ToHexStringLower(image) : null,
                row.WallSeconds, row.GeneratorSeconds, row.JudgeSeconds, row.FunctionEvaluations, row.JudgeTokens,
            ]));
        }
    }
}

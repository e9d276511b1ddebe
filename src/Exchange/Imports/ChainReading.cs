using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>Puts the records of one chain in order.</summary>
internal static class ChainReading
{
    public static ImportedChain Build(
        int prompt,
        int replicate,
        IReadOnlyList<RecordedAttempt> records,
        IReadOnlyList<BrokenAttempt> broken,
        string format,
        List<Finding> findings)
    {
        if (records.Count == 0 && broken.Count == 0)
        {
            return Absent(prompt, replicate);
        }

        var attempts = Distinct(records, findings);
        var whole = attempts.TakeWhile((a, i) => a.Index == i).Select(a => Consistent(a, findings)).ToList();
        var contexts = whole.ConvertAll(a => Context(a, whole, findings));
        if (broken.Count > 0 || whole.Count < attempts.Count)
        {
            var unreadable = broken.OrderBy(b => b.Index).FirstOrDefault();
            var failure = unreadable is not null
                ? $"attempt {unreadable.Index} cannot be read: {unreadable.Reason}"
                : $"attempt {whole.Count} is missing from the input, which has attempt {attempts[whole.Count].Index}";
            if (unreadable is null)
            {
                var next = attempts[whole.Count];
                findings.Add(new(FindingKind.MissingAttempt, failure, next.File, next.Line));
            }

            return new(prompt, replicate, whole, null, failure) { Contexts = contexts };
        }

        var accepted = whole.FindIndex(a => a.Verdict?.Accepted == true);
        var recorded = whole[^1].ShownAfter;
        if (format == ArmInput.ReflectDit && accepted >= 0 && accepted < whole.Count - 1)
        {
            // analysis.py lines 72 to 98 takes the record at N, whatever was accepted before.
            findings.Add(new(
                FindingKind.AfterAcceptance,
                $"attempt {accepted} was accepted, yet there are {whole.Count - 1 - accepted} more; as in the "
                + "published analysis the last at N counts",
                whole[accepted].File));
            whole = [.. whole.Select(a => a with { ShownAfter = a.Index })];
            recorded = whole.Count - 1;
        }

        return new(prompt, replicate, whole, recorded ?? (accepted >= 0 ? accepted : whole.Count - 1), null)
        {
            Contexts = contexts,
        };
    }

    /// <summary>A chain of which the input has nothing.</summary>
    public static ImportedChain Absent(int prompt, int replicate) =>
        new(prompt, replicate, [], null, "the input has no record of it") { Absent = true };

    private static List<RecordedAttempt> Distinct(IReadOnlyList<RecordedAttempt> records, List<Finding> findings)
    {
        var attempts = new SortedDictionary<int, RecordedAttempt>();
        foreach (var record in records)
        {
            if (!attempts.TryAdd(record.Index, record))
            {
                var first = attempts[record.Index];
                findings.Add(new(
                    FindingKind.DuplicateIndex,
                    $"a second record of attempt {record.Index}, replicate {record.Replicate} of \"{record.Prompt}\"; "
                    + $"the one of {first.File}{(first.Line is { } line ? $":{line}" : "")} counts",
                    record.File,
                    record.Line));
            }
        }

        return [.. attempts.Values];
    }

    /// <summary>
    /// What cannot be: a reason of an image that passes, none of another, a shown attempt that is not there yet.
    /// </summary>
    private static RecordedAttempt Consistent(RecordedAttempt attempt, List<Finding> findings)
    {
        if (attempt.Score is { Reason: { } reason, Passed: { } passed } score && (reason.Length == 0) != passed)
        {
            Say(passed
                ? $"it passes, yet with a reason: {reason.ReplaceLineEndings(" | ")}; the verdict counts"
                : "it does not pass, yet without a reason");
            attempt = attempt with { Score = score with { Reason = null } };
        }

        if (attempt.Verdict is { Accepted: true, Feedback.Length: > 0 })
        {
            Say($"accepted, yet with feedback: {attempt.Verdict.Feedback}");
        }

        if (attempt.ShownAfter is < 0 || attempt.ShownAfter > attempt.Index)
        {
            Say($"attempt {attempt.ShownAfter} cannot be shown after attempt {attempt.Index}; taken as unknown");
            attempt = attempt with { ShownAfter = null };
        }

        return attempt;

        void Say(string what) => findings.Add(new(FindingKind.Contradiction, what, attempt.File, attempt.Line));
    }

    /// <summary>Whose words a context holds. The scorer's, where the judge said something else, are the leak.</summary>
    private static List<(int Attempt, FeedbackSource Source)> Context(
        RecordedAttempt attempt, List<RecordedAttempt> chain, List<Finding> findings)
    {
        var items = new List<(int, FeedbackSource)>();
        foreach (var item in attempt.Context ?? [])
        {
            if (item.Attempt < 0 || item.Attempt >= attempt.Index)
            {
                findings.Add(new(
                    FindingKind.Contradiction,
                    $"its context names attempt {item.Attempt}, which is no earlier one",
                    attempt.File,
                    attempt.Line));
                continue;
            }

            var about = chain[item.Attempt];
            var source = item.Source
                ?? (item.Words == (about.Verdict?.Feedback ?? "") ? FeedbackSource.Judge
                : item.Words == about.ScorerWords ? FeedbackSource.Scorer : null);
            if (source is not { } known)
            {
                findings.Add(new(
                    FindingKind.Contradiction,
                    $"its context holds words about attempt {item.Attempt} that neither judge nor scorer said: "
                    + item.Words,
                    attempt.File,
                    attempt.Line));
                continue;
            }

            if (known is FeedbackSource.Scorer)
            {
                findings.Add(new(
                    FindingKind.Leak,
                    $"attempt {attempt.Index} was drawn with the scorer's words about attempt {item.Attempt} in its "
                    + "context" + (item.Words is null
                        ? ""
                        : $": \"{item.Words}\", where the judge said \"{about.Verdict?.Feedback}\""),
                    attempt.File,
                    attempt.Line));
            }

            items.Add((item.Attempt, known));
        }

        return items;
    }
}

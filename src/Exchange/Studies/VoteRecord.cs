using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Exchange.Imports;

namespace ReflectDiT.Eval.Exchange.Studies;

/// <summary>A vote as files have it.</summary>
/// <param name="Showing">Its place in what the rater was asked, from 0.</param>
/// <param name="PromptIndex">In the sweep.</param>
/// <param name="Left">The name of the arm whose image was on the left.</param>
/// <param name="Again">The rater had answered this pair before.</param>
/// <param name="Seconds">From showing to answer, where that is known.</param>
public sealed record VoteRecord(
    string Rater,
    [property: Range(0, int.MaxValue)] int Showing,
    [property: Range(0, int.MaxValue)] int PromptIndex,
    string Left,
    StudyAnswer Answer,
    bool Again = false,
    [property: Range(0.0, 1e9), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Seconds = null)
{
    public static VoteRecord Of(StudyManifest manifest, StudyVote vote) => new(
        vote.Rater,
        vote.Showing.Number,
        manifest.Pairs[vote.Pair].Prompt,
        vote.Showing.FirstLeft ? manifest.First.Name : manifest.Second.Name,
        vote.Answer,
        vote.Showing.Again,
        vote.Seconds);

    /// <summary>The votes that records are of, if they fit the manifest and each other.</summary>
    /// <param name="records">With the line of each; null where there is none.</param>
    /// <exception cref="RecordException">One does not.</exception>
    internal static IReadOnlyList<StudyVote> Votes(
        string file, StudyManifest manifest, IReadOnlyList<(int? Line, VoteRecord Record)> records)
    {
        var pairs = manifest.Asked.ToDictionary(p => manifest.Pairs[p].Prompt);
        var (seen, showings, votes) = (new HashSet<(string, int, bool)>(), new HashSet<(string, int)>(), new List<StudyVote>());
        foreach (var ((line, record), index) in records.Select((r, i) => (r, i)))
        {
            var rater = PlainName.Of(record.Rater);
            if (PlainName.Fault(rater) is { } fault)
            {
                throw Fault($"rater: {fault}");
            }

            if (!pairs.TryGetValue(record.PromptIndex, out var pair))
            {
                throw Fault($"prompt_index: expected a prompt that the study asks about, found {record.PromptIndex}");
            }

            var left = Nfc.Normalize(record.Left);
            if (left != manifest.First.Name && left != manifest.Second.Name)
            {
                throw Fault($"left: expected '{manifest.First.Name}' or '{manifest.Second.Name}', found '{VisibleText.Short(left)}'");
            }

            if (!showings.Add((rater, record.Showing)))
            {
                throw Fault($"showing: rater '{rater}' has two answers to showing {record.Showing}");
            }

            if (!seen.Add((rater, pair, record.Again)) || (record.Again && !seen.Contains((rater, pair, false))))
            {
                throw Fault($"rater '{rater}' answers prompt {record.PromptIndex} "
                    + (record.Again ? "again: expected one answer before, and one such" : "twice: expected 'again' at the second answer"));
            }

            votes.Add(new(rater, new(record.Showing, pair, record.Again, left == manifest.First.Name), record.Answer, record.Seconds));

            RecordException Fault(string what) => new(file, line, line is null ? $"votes[{index}]: {what}" : what);
        }

        return votes;
    }
}

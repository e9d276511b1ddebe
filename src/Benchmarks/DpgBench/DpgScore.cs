namespace ReflectDiT.Eval.Benchmarks.DpgBench;

/// <summary>What the answers to an item's questions are worth.</summary>
/// <param name="Pictures">The score of each picture of the image file.</param>
/// <param name="Answers">Of the last picture, whether each question was answered by yes: the categories count this.</param>
public sealed record DpgScore(IReadOnlyList<double> Pictures, IReadOnlyList<bool> Answers)
{
    public double Average => Pictures.Sum() / Pictures.Count;

    /// <summary>Only this very word is a yes.</summary>
    public static bool IsYes(string answer) => answer == "yes";

    /// <summary>
    /// Scores by the published rule: a question whose parent does not count does not count either. A parent that is asked
    /// later is read as it was answered.
    /// </summary>
    /// <param name="pictures">Of each picture the answers in the order of the questions.</param>
    /// <exception cref="InvalidDataException">A question depends on one that the item does not have. The published script
    /// leaves such an image out of every mean.</exception>
    public static DpgScore Of(DpgItem item, IReadOnlyList<IReadOnlyList<bool>> pictures)
    {
        if (pictures.Count == 0 || pictures.Any(answers => answers.Count != item.Questions.Count))
            throw new ArgumentException($"{item.Id}: expected answers to {item.Questions.Count} questions for each picture.");
        return new([.. pictures.Select(answers => Score(item, answers))], pictures[^1]);
    }

    /// <summary>
    /// Scores one picture without the script's quirks: a question counts if its answer is yes and all that it depends on count,
    /// wherever they stand; a parent that is not there is none. The categories count what counts.
    /// </summary>
    public static DpgScore Corrected(DpgItem item, IReadOnlyList<bool> answers)
    {
        var said = item.Questions.Zip(answers).ToDictionary(pair => pair.First.Id, pair => pair);
        var known = new Dictionary<int, bool>();
        bool[] counts = [.. item.Questions.Select(question => Counts(question.Id))];
        return new([(double)counts.Count(holds => holds) / counts.Length], counts);

        bool Counts(int id)
        {
            if (!known.TryGetValue(id, out var counts))
            {
                known[id] = said[id].Second; // a circle of dependencies ends here
                known[id] = counts = said[id].Second && said[id].First.Parents.Where(said.ContainsKey).All(Counts);
            }

            return counts;
        }
    }

    /// <summary>Whether every question depends on such alone as the item has: else the published script leaves its images out.</summary>
    public static bool IsWhole(DpgItem item) => item.Questions.SelectMany(q => q.Parents).All(parent => item.Questions.Any(q => q.Id == parent));

    private static double Score(DpgItem item, IReadOnlyList<bool> answers)
    {
        var counts = item.Questions.Zip(answers).ToDictionary(pair => pair.First.Id, pair => pair.Second);
        foreach (var question in item.Questions)
        {
            foreach (var parent in question.Parents)
            {
                if (!counts.TryGetValue(parent, out var holds))
                    throw new InvalidDataException($"{item.Id}: question {question.Id} depends on question {parent}, which is not there");
                if (!holds)
                {
                    counts[question.Id] = false;
                    break;
                }
            }
        }

        return (double)counts.Values.Count(holds => holds) / counts.Count;
    }
}

/// <summary>The numbers that DPG-Bench publishes, from 0 to 1.</summary>
/// <param name="Overall">The mean over image files; NaN where there is none.</param>
/// <param name="Broad">Of each broad category the share of yes over all questions of the last pictures (the script's L1).</param>
/// <param name="Fine">The same of each fine category (L2).</param>
public sealed record DpgSummary(double Overall, IReadOnlyDictionary<string, double> Broad, IReadOnlyDictionary<string, double> Fine)
{
    public static DpgSummary Of(IReadOnlyList<(DpgItem Item, DpgScore Score)> images)
    {
        var answers = images.SelectMany(image => image.Item.Questions.Zip(image.Score.Answers)).ToList();
        return new(
            images.Count == 0 ? double.NaN : images.Average(image => image.Score.Average),
            Shares(question => question.Broad), Shares(question => question.Fine));

        Dictionary<string, double> Shares(Func<DpgQuestion, string> category) => answers.GroupBy(answer => category(answer.First))
            .ToDictionary(group => group.Key, group => (double)group.Count(answer => answer.Second) / group.Count());
    }
}

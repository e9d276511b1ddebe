namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// Replicates count from 0 without a gap, whatever an input numbers its images by: they are the ranks of its numbers. Where
/// each prompt has numbers of its own, such as seeds, they are ranks among the prompt's.
/// </summary>
internal sealed class ReplicateNumbers
{
    /// <summary>As a sweep file may ask for.</summary>
    public const int Most = 1000;

    private readonly Dictionary<string, Dictionary<long, int>> _ranks;

    /// <param name="numbers">Of all images, each with its prompt.</param>
    /// <exception cref="InvalidDataException">A prompt has too many.</exception>
    public ReplicateNumbers(string path, IEnumerable<(string Prompt, long Number)> numbers)
    {
        var ofPrompts = numbers.GroupBy(n => n.Prompt, n => n.Number)
            .ToDictionary(n => n.Key, n => (IReadOnlyList<long>)[.. n.Distinct().Order()]);
        var all = ofPrompts.Values.SelectMany(n => n).Distinct().Order().ToList();
        var most = ofPrompts.Values.Select(n => n.Count).DefaultIfEmpty(0).Max();
        if (most > Most)
        {
            throw new InvalidDataException($"{path}: \"{ofPrompts.First(p => p.Value.Count == most).Key}\" has {most} images or "
                + $"replicates: expected at most {Most}");
        }

        InPrompt = all.Count > most;
        _ranks = ofPrompts.ToDictionary(p => p.Key, p => (InPrompt ? p.Value : all).Index().ToDictionary(n => n.Item, n => n.Index));
    }

    /// <summary>Prompts have numbers that others have not.</summary>
    public bool InPrompt { get; }

    public int this[string prompt, long number] => _ranks[prompt][number];

    /// <summary>Says so, where the numbers of the input are not the replicates'.</summary>
    public IEnumerable<Finding> Findings(string path) => InPrompt
        ? [new(FindingKind.Contradiction, "not all prompts have images of the same numbers: those of each prompt are counted from 0", path)]
        : [];
}

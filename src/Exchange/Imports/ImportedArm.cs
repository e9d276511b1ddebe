using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>
/// An arm that was run elsewhere, put in order: a chain for each prompt and replicate, and what is odd.
/// </summary>
public sealed record ImportedArm(
    ArmInput Input,
    int N,
    int Replicates,
    IReadOnlyList<ImportedChain> Chains,
    IReadOnlyList<Finding> Findings)
{
    private const int PartsShown = 20;

    public bool Leaked { get; } = Findings.Any(f => f.Kind == FindingKind.Leak);

    public bool Simulated { get; } = Input.Records.Any(r => r.Simulated);

    public bool SelfScored { get; } = Input.Records.Any(r => r.SelfScored);

    public bool UsesScorer { get; } = Input.Records.Any(r => r.UsesScorer);

    /// <param name="prompts">Of the benchmark.</param>
    /// <param name="n">Attempts at most of a chain; null for what the input says, else for the longest chain.</param>
    /// <exception cref="InvalidDataException">There is nothing to import, or a chain is longer than N.</exception>
    public static ImportedArm Build(ArmInput input, IReadOnlyList<BenchmarkPrompt> prompts, int? n)
    {
        var findings = input.Findings.ToList();
        var index = prompts.Index().ToDictionary(p => p.Item.Text, p => p.Index);
        foreach (var unknown in input.Records.Where(r => !index.ContainsKey(r.Prompt)).GroupBy(r => r.Prompt))
        {
            findings.Add(new(
                FindingKind.UnknownPrompt,
                $"the prompt \"{unknown.Key}\" is not of the benchmark: {unknown.Count()} record(s) left out",
                unknown.First().File,
                unknown.First().Line));
        }

        var records = input.Records.Where(r => index.ContainsKey(r.Prompt)).ToList();
        if (records.Count == 0)
        {
            throw new InvalidDataException(
                $"{input.Path}: nothing to import: no readable record of a prompt of the benchmark"
                + string.Concat(findings.Take(5).Select(f => $"\n  {f}")));
        }

        foreach (var odd in records.Where(r => r.Tag is not null && r.Tag != prompts[index[r.Prompt]].Stratum))
        {
            findings.Add(new(
                FindingKind.Contradiction,
                $"tag {odd.Tag}, but the benchmark has {prompts[index[odd.Prompt]].Stratum} for \"{odd.Prompt}\"; "
                + "the benchmark's is taken",
                odd.File,
                odd.Line));
        }

        var broken = input.Broken.Where(b => index.ContainsKey(b.Prompt)).ToLookup(b => (index[b.Prompt], b.Replicate));
        var chains = records.ToLookup(r => (index[r.Prompt], r.Replicate));
        var longest = 1 + Math.Max(
            records.Max(r => r.Index), broken.SelectMany(b => b).Select(b => b.Index).DefaultIfEmpty(0).Max());
        var most = n ?? input.N ?? longest;
        if (most < longest)
        {
            throw new InvalidDataException(
                $"{input.Path}: N is {most}, but the input has an attempt {longest - 1}: a chain of {longest}");
        }

        var replicates = 1 + Math.Max(
            records.Max(r => r.Replicate), input.Broken.Select(b => b.Replicate).DefaultIfEmpty(0).Max());
        ImportedChain[] built =
        [
            .. from replicate in Enumerable.Range(0, replicates)
               from prompt in Enumerable.Range(0, prompts.Count)
               select ChainReading.Build(
                   prompt,
                   replicate,
                   [.. chains[(prompt, replicate)]],
                   [.. broken[(prompt, replicate)]],
                   input.Format,
                   findings),
        ];
        if (records.Find(r => r.Leaked) is { } leaked && !findings.Exists(f => f.Kind == FindingKind.Leak))
        {
            findings.Add(new(
                FindingKind.Leak,
                "the arm showed the leak of a resumed run where it was exported from, as its records say",
                leaked.File,
                leaked.Line));
        }

        Missing(built, input, replicates, prompts.Count, findings);
        CutShort(built, most, findings);
        return new(input, most, replicates, built, findings);
    }

    /// <summary>The arm in a sweep of more replicates than it has.</summary>
    public ImportedArm Among(int replicates, int prompts) => this with
    {
        Chains =
        [
            .. Chains,
            .. from replicate in Enumerable.Range(Replicates, replicates - Replicates)
               from prompt in Enumerable.Range(0, prompts)
               select ChainReading.Absent(prompt, replicate),
        ],
    };

    private static void Missing(
        ImportedChain[] chains, ArmInput input, int replicates, int prompts, List<Finding> findings)
    {
        var absent = chains.Where(c => c.Absent).ToList();
        var wholly = absent.CountBy(c => c.Prompt).Where(c => c.Value == replicates).Select(c => c.Key).ToHashSet();
        if (wholly.Count > 0)
        {
            findings.Add(new(
                FindingKind.MissingPrompts,
                $"{input.Path}: {wholly.Count} of {prompts} prompts have no record. {Which(wholly)}"));
        }

        foreach (var fewer in absent.Where(c => !wholly.Contains(c.Prompt))
            .GroupBy(c => c.Prompt).GroupBy(p => p.Count(), p => p.Key).OrderBy(g => g.Key))
        {
            findings.Add(new(
                FindingKind.MixedN,
                $"{input.Path}: {fewer.Count()} prompts have {replicates - fewer.Key} of {replicates} images. "
                + Which(fewer)));
        }
    }

    private static string Which(IEnumerable<int> prompts) =>
        $"Prompts (from 0): {Numbers.Ranges(prompts.Distinct().Order(), PartsShown)}";

    /// <summary>A chain whose images were all rejected should have N of them.</summary>
    private static void CutShort(ImportedChain[] chains, int n, List<Finding> findings)
    {
        foreach (var length in chains
            .Where(c => c.Failure is null && c.Attempts.Count < n && c.Attempts[^1].Verdict?.Accepted == false)
            .GroupBy(c => c.Attempts.Count).OrderBy(g => g.Key))
        {
            findings.Add(new(
                FindingKind.MixedN,
                $"{length.Count()} chain(s) end without acceptance after {length.Key} attempts, others have {n}: cut "
                + $"off, or run with another N. Their last image counts. {Which(length.Select(c => c.Prompt))}"));
        }
    }
}

/// <summary>A chain that was run elsewhere.</summary>
/// <param name="Attempts">Indices 0 and up without a gap, up to what is missing.</param>
/// <param name="Shown">Null exactly when there is a failure.</param>
/// <param name="Failure">Why the chain is not whole, or null.</param>
public sealed record ImportedChain(
    int Prompt, int Replicate, IReadOnlyList<RecordedAttempt> Attempts, int? Shown, string? Failure)
{
    /// <summary>The input has nothing of the chain.</summary>
    public bool Absent { get; init; }

    /// <summary>Of each attempt, what it was conditioned on and whose words those were.</summary>
    public IReadOnlyList<IReadOnlyList<(int Attempt, FeedbackSource Source)>> Contexts { get; init; } = [];
}

using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Analysis.Reports;

/// <summary>What a report says, in full precision; <see cref="ReportFormat"/> says how it looks.</summary>
/// <param name="Prompts">Prompts of the sweep.</param>
/// <param name="Columns">Headings, one line a row of the heading.</param>
/// <param name="Warnings">What must be read first: every arm that is incomplete, and which chains are missing.</param>
/// <param name="Notes">Footnotes that the numbers cannot be read without.</param>
/// <param name="Details">The other footnotes.</param>
public sealed record Report(
    string Layout,
    string Title,
    string Sweep,
    string Id,
    long Seed,
    int Replicates,
    int Prompts,
    IReadOnlyList<ArmSummary> Arms,
    IReadOnlyList<string> Columns,
    IReadOnlyList<Section> Sections,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Details);

/// <summary>What is there of an arm.</summary>
/// <param name="Name">With SIMULATED or ORACLE where that is so.</param>
/// <param name="N">The most attempts of a chain.</param>
/// <param name="Images">Images drawn a chain, on average; NaN without chains.</param>
/// <param name="Missing">Chains of the sweep that did not finish: failed, open or never begun.</param>
public sealed record ArmSummary(
    string Name,
    bool Simulated,
    bool Oracle,
    int N,
    string? Published,
    int Chains,
    int Failed,
    int Open,
    double Images,
    IReadOnlyList<(int Prompt, int Replicate)> Missing)
{
    /// <summary>Where the arm was run, if not by this program.</summary>
    public ImportedFrom? Imported { get; init; }

    /// <summary>The generator read the scorer's words, though no rule of the arm says so.</summary>
    public bool Leaked { get; init; }

    /// <summary>The judge of the arm is the scorer too.</summary>
    public bool SelfScored { get; init; }

    /// <summary>See <see cref="ArmResults.OtherAnswerer"/>.</summary>
    public bool OtherAnswerer { get; init; }

    /// <summary>See <see cref="ArmResults.ContextBy"/>.</summary>
    public string? ContextBy { get; init; }

    /// <summary>See <see cref="ArmResults.Unscored"/>.</summary>
    public int Unscored { get; init; }

    /// <summary>See <see cref="ArmResults.WhyMissing"/>.</summary>
    public string WhyMissing { get; init; } = "";

    public bool Complete => Missing.Count == 0;
}

/// <summary>Rows under one heading.</summary>
public sealed record Section(string Title, IReadOnlyList<Row> Rows);

public enum RowKind
{
    /// <summary>Numbers of a paper alone.</summary>
    Published,

    /// <summary>An arm of the sweep.</summary>
    Arm,

    /// <summary>One arm of the sweep minus another.</summary>
    Difference,
}

/// <summary>One row of the table, with a cell or null for each column.</summary>
public sealed record Row(RowKind Kind, string Title, IReadOnlyList<Cell?> Cells)
{
    /// <summary>A terminal shows it only where details are asked for.</summary>
    public bool Detail { get; init; }
}

/// <summary>One number with all that is known of it.</summary>
/// <param name="Arm">The arm, or the id of the published row.</param>
/// <param name="N">Attempts at most.</param>
/// <param name="Published">The published number.</param>
public sealed record Cell(string Arm, int N, Metric Metric, PublishedValue? Published)
{
    /// <summary>The arm that is subtracted, and its N.</summary>
    public (string Arm, int N)? Versus { get; init; }

    /// <summary>What alone the number is about, where its metric does not say so: a category, or "attempt 3".</summary>
    public string? Within { get; init; }

    /// <summary>Ours; null where it cannot be measured.</summary>
    public Measurement? Measured { get; init; }

    /// <summary>Ours minus published, where both are about the same prompts.</summary>
    public double? Difference { get; init; }

    /// <summary>Every chain of the arms concerned is there.</summary>
    public bool Complete { get; init; }

    /// <summary>Ours and the published number differ by no more than two runs may; null where that cannot be said.</summary>
    public bool? InNoiseBand { get; init; }
}

/// <summary>A value with its 95% interval.</summary>
/// <param name="Prompts">Prompts that it rests on.</param>
/// <param name="Of">Prompts of the sweep that it should rest on.</param>
/// <param name="Method">How the interval is made.</param>
public sealed record Measurement(double Value, Interval Interval, int Prompts, int Of, string Method);

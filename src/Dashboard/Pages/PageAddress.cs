using System.Globalization;
using ReflectDiT.Eval.Analysis.Reports;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>A page with all of its state: what a link leads to, and what a bundle has a file for.</summary>
public abstract record PageAddress
{
    private PageAddress()
    {
    }

    /// <summary>On a server, without the query.</summary>
    public abstract string Path { get; }

    /// <summary>What differs from the page as it is first seen; null and empty values are left out.</summary>
    public virtual IEnumerable<(string Key, string? Value)> Query => [];

    public string Url
    {
        get
        {
            var query = string.Join('&', Query.Where(q => !string.IsNullOrEmpty(q.Value)).Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value!).Replace("%2C", ",", StringComparison.Ordinal)}"));
            return query.Length == 0 ? Path : $"{Path}?{query}";
        }
    }

    /// <summary>All sweeps of the ledger.</summary>
    public sealed record Sweeps(string? Search = null) : PageAddress
    {
        public override string Path => "/";

        public override IEnumerable<(string Key, string? Value)> Query => [("q", Search)];
    }

    /// <summary>A page of one sweep.</summary>
    /// <param name="Id">The first digits of its id, or its name.</param>
    /// <param name="Scorer">Whose scores; null for the sweep's own.</param>
    public abstract record OfSweep(string Id, string? Scorer) : PageAddress
    {
        public override IEnumerable<(string Key, string? Value)> Query => [("scorer", Scorer)];

        protected string Root => $"/sweeps/{Uri.EscapeDataString(Id)}";
    }

    /// <summary>What came out of a sweep.</summary>
    /// <param name="Axis">One of <see cref="CurveFigure.Axes"/>.</param>
    public sealed record Sweep(string Id, string? Scorer = null, string Axis = CurveFigure.OverN) : OfSweep(Id, Scorer)
    {
        public override string Path => Root;

        public override IEnumerable<(string Key, string? Value)> Query => [.. base.Query, ("axis", Axis == CurveFigure.OverN ? null : Axis)];
    }

    /// <summary>Its prompts, with every attempt.</summary>
    /// <param name="Number">Of the page, from 1.</param>
    public sealed record Prompts(string Id, string? Scorer = null, PromptFilter? Filter = null, int Number = 1) : OfSweep(Id, Scorer)
    {
        public PromptFilter Of => Filter ?? PromptFilter.All;

        public override string Path => $"{Root}/prompts";

        public override IEnumerable<(string Key, string? Value)> Query =>
            [.. base.Query, .. Of.Query, ("page", Number == 1 ? null : Text(Number))];
    }

    /// <summary>One chain with its attempts; the fragment names the attempt.</summary>
    public sealed record Chain(string Id, int Arm, int Prompt, int Replicate = 0, string? Scorer = null, int? Attempt = null) : OfSweep(Id, Scorer)
    {
        public override string Path => $"{Root}/arms/{Text(Arm)}/prompts/{Text(Prompt)}"
            + (Replicate == 0 ? "" : $"/replicates/{Text(Replicate)}");
    }

    /// <summary>Arms side by side, prompt by prompt.</summary>
    /// <param name="N">Attempts at most; null for as many as each arm has.</param>
    /// <param name="Show">Which prompts.</param>
    /// <param name="Prompt">The prompt that is looked at; null for the first.</param>
    public sealed record Compare(
        string Id,
        IReadOnlyList<int>? Arms = null,
        int? N = null,
        ShownPairs Show = ShownPairs.Flipped,
        string? Category = null,
        int? Prompt = null,
        int Replicate = 0,
        string? Scorer = null) : OfSweep(Id, Scorer)
    {
        public override string Path => $"{Root}/compare";

        public override IEnumerable<(string Key, string? Value)> Query =>
        [
            .. base.Query,
            ("arms", Arms is null ? null : string.Join(',', Arms.Select(Text))),
            ("n", N is { } n ? Text(n) : null),
            ("show", Show is ShownPairs.Flipped ? null : Show.ToString().ToLowerInvariant()),
            ("category", Category),
            ("prompt", Prompt is { } prompt ? Text(prompt) : null),
            ("replicate", Replicate == 0 ? null : Text(Replicate)),
        ];
    }

    /// <summary>Who works on the ledger, and what failed.</summary>
    public sealed record Workers : PageAddress
    {
        public override string Path => "/workers";
    }

    /// <summary>All studies of the ledger.</summary>
    public sealed record Studies : PageAddress
    {
        public override string Path => "/studies";
    }

    /// <summary>One study with what came out of it. Raters never see it.</summary>
    /// <param name="Id">The first digits of its id, or its name.</param>
    public sealed record Study(string Id) : PageAddress
    {
        public override string Path => $"/studies/{Uri.EscapeDataString(Id)}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Which prompts of a comparison.</summary>
public enum ShownPairs
{
    /// <summary>Those that the arms do not get right alike.</summary>
    Flipped,

    /// <summary>Those that the first arm does better on.</summary>
    First,

    /// <summary>Those that the second arm does better on.</summary>
    Second,

    All,
}

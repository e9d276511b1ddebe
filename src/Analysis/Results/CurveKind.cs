namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>How a value at k attempts is had from one run of N.</summary>
public enum CurveKind
{
    /// <summary>
    /// The mean over all subsets of k of the N attempts: unbiased, with less noise than the first k alone. Only for
    /// arms that always draw all N, each attempt by itself.
    /// </summary>
    RandomSubsets,

    /// <summary>
    /// The first k attempts, where a chain that stopped earlier keeps the image that it showed (as published). For
    /// arms that stop early and for reflection, whose attempts depend on those before.
    /// </summary>
    Prefixes,
}

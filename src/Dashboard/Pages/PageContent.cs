using ReflectDiT.Eval.Dashboard.Data;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>A page that was loaded, ready to be written: its title, the component that writes it, and what that is given.</summary>
/// <param name="View">A component with a parameter <c>Model</c>.</param>
/// <param name="Sweep">Of which it is a page; null for none.</param>
/// <param name="Keys">What the keyboard does on it, beyond what it does everywhere.</param>
public sealed record PageContent(string Title, Type View, object Model, PageAddress Address, SweepFacts? Sweep, IReadOnlyList<(string Key, string Does)> Keys)
{
    /// <summary>Something is still computed: look again soon.</summary>
    public bool Unfinished { get; init; }

    /// <summary>So much of it is missing that it has to be opened anew when it is there.</summary>
    public bool Bare { get; init; }

    /// <summary>Status of the answer.</summary>
    public int Status { get; init; } = 200;
}

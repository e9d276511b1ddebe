using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>An arm as it was read from a file or folder, before it is put in order.</summary>
/// <param name="Format">geneval, reflect-dit, csv or dpg.</param>
/// <param name="Path">Of the input.</param>
/// <param name="Sha256">Of the input, in hexadecimal.</param>
/// <param name="Records">In the order of the input: of two for one attempt the first counts.</param>
/// <param name="N">Attempts at most of a chain, where the input says so.</param>
/// <param name="Published">The published arm that this one reproduces, where the input says so.</param>
public sealed record ArmInput(
    string Name,
    string Format,
    string Path,
    string Sha256,
    IReadOnlyList<RecordedAttempt> Records,
    IReadOnlyList<BrokenAttempt> Broken,
    IReadOnlyList<Finding> Findings,
    int? N = null,
    string? Published = null)
{
    /// <summary>The format in which an image is a chain of its own, and its number the replicate.</summary>
    public const string GenEval = "geneval";

    public const string ReflectDit = "reflect-dit";

    public const string Csv = "csv";

    /// <summary>The format in which a picture is a chain of its own, and its number the replicate.</summary>
    public const string Dpg = "dpg";

    /// <summary>Attempts of a chain, as a sweep file may ask for.</summary>
    public const int MostAttempts = 10_000;

    /// <exception cref="InvalidDataException">It is no name.</exception>
    public string Name { get; } = Checked(PlainName.Of(Name), Path);

    private static string Checked(string name, string path) =>
        PlainName.Fault(name) is { } fault ? throw new InvalidDataException($"{path}: name of the arm: {fault}") : name;
}

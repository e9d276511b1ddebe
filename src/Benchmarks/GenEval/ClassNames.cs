using System.Collections.Frozen;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>The classes of objects that GenEval's rules can be asked about, by name and in an order.</summary>
/// <param name="title">Whose they are, as errors say it: "GenEval's 80 names".</param>
public sealed class ClassNames(string title, IReadOnlyList<string> all)
{
    private readonly FrozenDictionary<string, int> _indices =
        all.Select((name, index) => (name, index)).ToFrozenDictionary(p => p.name, p => p.index);

    public IReadOnlyList<string> All => all;

    /// <summary>
    /// The list's own instance of a name. Names read from a file are held as these, so that they compare by reference and
    /// each is in memory once.
    /// </summary>
    /// <exception cref="InvalidDataException">It is none of them.</exception>
    public string Find(string name, string where) => IndexOf(name) is >= 0 and var index
        ? all[index]
        : throw new InvalidDataException($"{where}: unknown class \"{name}\"; expected one of {title}");

    /// <summary>The position of a class in the list, or -1 for a name that is not there.</summary>
    public int IndexOf(string name) => _indices.TryGetValue(name, out var index) ? index : -1;
}

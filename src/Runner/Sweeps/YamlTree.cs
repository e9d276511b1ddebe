using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>A YAML file with the overrides of its values.</summary>
internal sealed class YamlTree
{
    /// <summary>Bytes of a file; what it may hold is bounded closer.</summary>
    private const int LargestFile = 4 << 20;

    private readonly string _file;
    private readonly YamlNode _root;

    private YamlTree(string file, YamlNode root) => (_file, _root) = (file, root);

    public YamlMap Root => new(_root, "");

    /// <exception cref="SweepFileException">It cannot be read, or is no YAML.</exception>
    public static YamlTree Load(string path)
    {
        try
        {
            return new(path, YamlReader.Read(path, RegularFile.ReadText(path, LargestFile)));
        }
        catch (IOException e)
        {
            throw new SweepFileException($"{VisibleText.Of(path)}: cannot be read: {e.Message}");
        }
    }

    /// <summary>Sets the value at a path such as <c>arms.0.strategy.n=8</c>; list items go by their index.</summary>
    public void Set(string assignment)
    {
        var parts = assignment.Split('=', 2);
        var origin = $"--set {VisibleText.Short(assignment, 120)}";
        if (parts.Length != 2 || parts[0].Length == 0)
        {
            throw new SweepFileException($"{origin}: expected PATH=VALUE, such as arms.0.strategy.n=8");
        }

        var value = YamlReader.Read(origin, parts[1].Length == 0 ? "''" : parts[1], origin);
        var keys = parts[0].Split('.');
        var node = _root;
        for (var i = 0; i < keys.Length; i++)
        {
            var last = i == keys.Length - 1;
            switch (node)
            {
                case { Entries: { } entries } when last:
                    entries[keys[i]] = new(origin, value);
                    break;
                case { Entries: { } entries } when entries.TryGetValue(keys[i], out var entry):
                    node = entry.Value;
                    break;
                case { Items: { } items } when int.TryParse(keys[i], out var index) && index >= 0 && index < items.Count:
                    if (last)
                    {
                        items[index] = value;
                    }

                    node = items[index];
                    break;
                case { Items: { } items }:
                    throw new SweepFileException($"{origin}: '{VisibleText.Short(keys[i])}' is not an index of '{Path(i)}', "
                        + (items.Count > 0 ? $"expected 0 to {items.Count - 1}" : "which is empty"));
                default:
                    throw new SweepFileException($"{origin}: '{Path(i)}' has no '{VisibleText.Short(keys[i])}' in {_file}");
            }
        }

        string Path(int length) => VisibleText.Short(string.Join('.', keys.Take(length)));
    }
}

using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>A parsed YAML file whose nodes know where they came from: a line of the file, or an override.</summary>
internal sealed class YamlTree
{
    private readonly string _file;
    private readonly Dictionary<YamlNode, string> _overrides = new(ReferenceEqualityComparer.Instance);

    private YamlTree(string file, YamlNode root)
    {
        _file = file;
        Root = new YamlMap(this, root, "");
    }

    public YamlMap Root { get; }

    /// <exception cref="SweepFileException">It cannot be read, or is no YAML.</exception>
    public static YamlTree Load(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SweepFileException($"{path}: cannot be read: {e.Message}");
        }
    }

    public static YamlTree Parse(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new SweepFileException($"{file}:{e.Start.Line}:{e.Start.Column}: not valid YAML: {e.Message}");
        }

        return stream.Documents.Count == 1
            ? new YamlTree(file, stream.Documents[0].RootNode)
            : throw new SweepFileException($"{file}:1:1: expected one YAML document, found {stream.Documents.Count}");
    }

    /// <summary>Sets the value at a path such as <c>arms.0.strategy.n=8</c>; list items go by their index.</summary>
    public void Set(string assignment)
    {
        var parts = assignment.Split('=', 2);
        if (parts.Length != 2 || parts[0].Length == 0)
        {
            throw new SweepFileException($"--set {assignment}: expected PATH=VALUE, such as arms.0.strategy.n=8");
        }

        var value = Parse($"--set {assignment}", parts[1].Length == 0 ? "''" : parts[1]).Root.Node;
        Mark(value, $"--set {assignment}");
        var keys = parts[0].Split('.');
        var node = Root.Node;
        for (var i = 0; i < keys.Length; i++)
        {
            var last = i == keys.Length - 1;
            switch (node)
            {
                case YamlMappingNode map when last:
                    map.Children[new YamlScalarNode(keys[i])] = value;
                    break;
                case YamlMappingNode map when map.Children.TryGetValue(new YamlScalarNode(keys[i]), out var child):
                    node = child;
                    break;
                case YamlSequenceNode list when int.TryParse(keys[i], out var index) && index >= 0 && index < list.Children.Count:
                    if (last)
                    {
                        list.Children[index] = value;
                    }

                    node = list.Children[index];
                    break;
                case YamlSequenceNode list:
                    throw new SweepFileException(
                        $"--set {assignment}: '{keys[i]}' is no index of '{Path(i)}', expected 0 to {list.Children.Count - 1}");
                default:
                    throw new SweepFileException($"--set {assignment}: '{Path(i)}' has no '{keys[i]}' in {_file}");
            }
        }

        string Path(int length) => string.Join('.', keys.Take(length));
    }

    /// <summary>An error at a node.</summary>
    public SweepFileException Error(YamlNode node, string path, string message) => new(
        (_overrides.TryGetValue(node, out var origin) ? origin : $"{_file}:{node.Start.Line}:{node.Start.Column}")
        + (path.Length == 0 ? $": {message}" : $": {path}: {message}"));

    private void Mark(YamlNode node, string origin)
    {
        foreach (var each in node.AllNodes)
        {
            _overrides[each] = origin;
        }
    }
}

using System.Reflection;
using System.Text.Json;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>Names and shapes of the parameters of published checkpoints, which come with the program (Published/*.json).</summary>
public static class PublishedNames
{
    private static readonly Assembly Here = typeof(PublishedNames).Assembly;

    /// <summary>Such as <c>sana-1.5-4800m.transformer</c>.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Here.GetManifestResourceNames().Order(StringComparer.Ordinal)];

    public static IReadOnlyDictionary<string, long[]> Read(string model)
    {
        using var stream = Here.GetManifestResourceStream(model)
            ?? throw new ArgumentException($"no published model is called {model}", nameof(model));
        using var json = JsonDocument.Parse(stream);
        return json.RootElement.EnumerateObject().ToDictionary(
            field => field.Name, field => field.Value.EnumerateArray().Select(side => side.GetInt64()).ToArray(), StringComparer.Ordinal);
    }

    /// <summary>A checkpoint's names and shapes beside those of the published model with which they have most in common.</summary>
    public static NameComparison Compare(Checkpoint checkpoint)
    {
        var stored = checkpoint.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal);
        // Of two with the same in common, that which is lacking less; a name counts also where its shape is another.
        var (model, named) = All.Select(name => (Name: name, Names: Read(name))).MaxBy(published =>
            published.Names.Sum(name => !stored.TryGetValue(name.Key, out var shape) ? -0.001 : shape.SequenceEqual(name.Value) ? 2 : 1));
        return new(
            model,
            [.. named.Keys.Where(name => !stored.ContainsKey(name))],
            [.. stored.Keys.Where(name => !named.ContainsKey(name))],
            [.. named.Where(name => stored.TryGetValue(name.Key, out var shape) && !shape.SequenceEqual(name.Value)).Select(name =>
                $"{name.Key} [{string.Join(", ", stored[name.Key])}], published [{string.Join(", ", name.Value)}]")]);
    }
}

/// <param name="Model">The published one.</param>
/// <param name="Misshaped">Name, shape and published shape.</param>
public sealed record NameComparison(
    string Model, IReadOnlyList<string> Missing, IReadOnlyList<string> Superfluous, IReadOnlyList<string> Misshaped)
{
    /// <summary>Whether every name and shape is the published one's.</summary>
    public bool IsPublished => Missing.Count + Superfluous.Count + Misshaped.Count == 0;
}

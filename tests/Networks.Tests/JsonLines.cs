using System.Text.Json;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>Reads the golden files that hold one JSON object a line.</summary>
internal static class JsonLines
{
    public static IEnumerable<JsonElement> Read(params string[] path) =>
        File.ReadLines(Path.Combine(path)).Select(line => JsonElement.Parse(line));

    public static string Text(this JsonElement row, string key) => row.GetProperty(key).GetString()!;

    public static int[] Integers(this JsonElement row, string key) =>
        [.. row.GetProperty(key).EnumerateArray().Select(n => n.GetInt32())];
}

using System.Text.Json;
using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>What all parameter files of simulated models share.</summary>
internal static class ParameterFile
{
    /// <summary>The file's root, which says that it is simulated and has no other keys than these.</summary>
    /// <exception cref="FormatException">Names the file, the key and what was expected.</exception>
    public static JsonNode Parse(string json, string file, params string[] keys)
    {
        var root = JsonNode.Parse(file, json).Only(["simulated", .. keys]);
        return root["simulated"].Json.ValueKind is JsonValueKind.True
            ? root
            : throw root["simulated"].Error("expected true: these numbers come from no real model");
    }
}

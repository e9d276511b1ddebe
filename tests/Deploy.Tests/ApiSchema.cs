using System.Text.Json.Nodes;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>Checks objects against the API schema of Kubernetes (Schema/make_schema.py).</summary>
internal static class ApiSchema
{
    private static readonly JsonNode Definitions =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Schema", "kubernetes.json")))!;

    /// <summary>What is wrong with an object, each with its place.</summary>
    public static IEnumerable<string> Faults(JsonNode item)
    {
        var kind = $"{item["apiVersion"].Text()}/{item["kind"].Text()}";
        return Definitions[kind] is { } schema ? Faults(item, schema, kind) : [$"{kind} is no kind of the schema"];
    }

    private static IEnumerable<string> Faults(JsonNode? value, JsonNode schema, string at)
    {
        if (schema["$ref"] is { } reference)
            return Faults(value, Definitions[reference.Text()]!, at);
        if (schema["enum"] is { } allowed)
        {
            return allowed.Items().Any(a => JsonNode.DeepEquals(a, value))
                ? [] : [$"{at}: {value} is none of {allowed.ToJsonString()}"];
        }

        var types = schema["type"] is JsonArray several ? several.Select(t => t.Text()) : [schema["type"].Text()];
        if (!types.Contains(TypeOf(value)))
            return [$"{at}: {TypeOf(value)} where {string.Join(" or ", types)} was expected"];
        return value switch
        {
            JsonArray list => list.SelectMany((item, i) => Faults(item, schema["items"]!, $"{at}[{i}]")),
            JsonObject map => MemberFaults(map, schema, at),
            _ => [],
        };
    }

    private static IEnumerable<string> MemberFaults(JsonObject map, JsonNode schema, string at)
    {
        foreach (var name in schema["required"].Items().Select(r => r.Text()).Where(r => map[r] is null))
            yield return $"{at}: {name} is missing";
        foreach (var (name, value) in map)
        {
            var member = schema["properties"]?[name] ?? schema["additionalProperties"] as JsonObject;
            var faults = member is null ? [$"{at}: {name} is unknown"] : Faults(value, member, $"{at}.{name}");
            foreach (var fault in faults)
                yield return fault;
        }
    }

    private static string TypeOf(JsonNode? value) => value?.GetValueKind().ToString() switch
    {
        "True" or "False" => "boolean",
        { } kind => kind.ToLowerInvariant(),
        null => "null",
    };
}

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReflectDiT.Eval.Models.Simulated;

namespace ReflectDiT.Eval.SimulatedFit;

/// <summary>Writes the parameter files that the simulated models read.</summary>
internal static class ParameterFiles
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(string folder, IReadOnlyDictionary<string, double> values)
    {
        Save(Path.Combine(folder, "sana-1.0.json"), Json(Knobs.SanaParameters(values)));
        Save(Path.Combine(folder, "reflect-dit.json"), Json(Knobs.ReflectParameters(values)));
        Save(Path.Combine(folder, "judge.json"), Json(Knobs.JudgeParameters(values)));
    }

    private static JsonObject Json(GeneratorParameters parameters) => new()
    {
        ["simulated"] = true,
        ["model"] = parameters.Model,
        ["source"] = parameters.Source,
        ["function_evaluations"] = parameters.FunctionEvaluations,
        ["device_seconds"] = parameters.DeviceSeconds,
        ["aspects"] = new JsonObject(parameters.Aspects.Select(a => KeyValuePair.Create<string, JsonNode?>(
            GeneratorParameters.Key(a.Key),
            new JsonObject
            {
                ["level"] = a.Value.Level,
                ["spread"] = a.Value.Spread,
                ["boost"] = a.Value.Boost,
            }))),
    };

    private static JsonObject Json(JudgeParameters parameters) => new()
    {
        ["simulated"] = true,
        ["model"] = parameters.Model,
        ["source"] = parameters.Source,
        ["tokens"] = parameters.Tokens,
        ["device_seconds"] = parameters.DeviceSeconds,
        ["wrong_acceptance"] = new JsonObject(parameters.WrongAcceptance.Select(r =>
            KeyValuePair.Create<string, JsonNode?>(JudgeParameters.Key(r.Key), r.Value))),
        ["wrong_rejection"] = parameters.WrongRejection,
    };

    private static void Save(string path, JsonObject json)
    {
        File.WriteAllText(path + ".new", json.ToJsonString(Readable) + "\n", new UTF8Encoding(false));
        File.Move(path + ".new", path, overwrite: true);
    }
}

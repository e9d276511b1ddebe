using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Core;

namespace ReflectDiT.Eval.SimulatedFit;

/// <summary>Writes the parameter files that the simulated models read.</summary>
internal static class ParameterFiles
{
    private static readonly JsonSerializerOptions Readable = new(SettingsJson.Form) { WriteIndented = true, NewLine = "\n" };

    public static void Write(string folder, IReadOnlyDictionary<string, double> values)
    {
        Save(Path.Combine(folder, "sana-1.0.json"), Knobs.SanaParameters(values));
        Save(Path.Combine(folder, "reflect-dit.json"), Knobs.ReflectParameters(values));
        Save(Path.Combine(folder, "judge.json"), Knobs.JudgeParameters(values));
    }

    private static void Save<T>(string path, T parameters)
    {
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(parameters, Readable) + "\n", new UTF8Encoding(false));
        File.Move(path + ".new", path, overwrite: true);
    }
}

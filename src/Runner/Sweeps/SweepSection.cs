using System.Numerics;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>A mapping of a sweep file, with the files and the models that it names.</summary>
/// <param name="folder">Files are found relative to it.</param>
internal sealed class SweepSection(YamlMap map, string folder) : ISweepSection
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Folder => folder;

    public bool Has(string key) => map.Has(key);

    public string Word(string key, params string[] words) => map.Word(key, words);

    public string? OptionalText(string key) => map.OptionalText(key);

    public T Integer<T>(string key, T min, T max, T? otherwise = null)
        where T : struct, IBinaryInteger<T> => map.Integer(key, min, max, otherwise);

    public double Real(string key, double min, double max, double otherwise) => map.Real(key, min, max, otherwise);

    public ISweepSection Section(string key) => new SweepSection(map.Map(key), folder);

    public (string Name, string Text) File(string key)
    {
        var file = Path.Combine(folder, map.Text(key));
        try
        {
            return (file, System.IO.File.ReadAllText(file, Utf8));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw map.Error(key, $"cannot read {file}: {e.Message}");
        }
    }

    public ModelConfiguration Generator(string key) => Model<GeneratorParameters>(key);

    public ModelConfiguration Judge(string key) => Model<JudgeParameters>(key);

    public ModelConfiguration Detector(string key)
    {
        var section = map.Map(key);
        var detector = new ModelConfiguration(section.Word("kind", ModelConfiguration.Simulated), null);
        section.End();
        return detector;
    }

    public Exception Error(string key, string message) => map.Error(key, message);

    public void End() => map.End();

    /// <summary>A model with its file of parameters, which count as what they say and not as they are written.</summary>
    private ModelConfiguration Model<T>(string key)
    {
        var section = new SweepSection(map.Map(key), folder);
        var kind = section.Word("kind", ModelConfiguration.Simulated);
        var (file, text) = section.File("parameters");
        try
        {
            var parameters = SettingsJson.Read<T>(file, text);
            section.End();
            return new(kind, JsonSerializer.SerializeToElement(parameters, SettingsJson.Form));
        }
        catch (FormatException e)
        {
            throw section.Error("parameters", e.Message);
        }
    }
}

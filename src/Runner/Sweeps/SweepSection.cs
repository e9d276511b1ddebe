using System.Numerics;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>A mapping of a sweep file, with the files and the models that it names.</summary>
/// <param name="folder">Files are found relative to it.</param>
internal sealed class SweepSection(YamlMap map, string folder, ModelsSection models) : ISweepSection
{
    /// <summary>Bytes of a file of prompts or parameters.</summary>
    private const int LargestFile = 64 << 20;

    public string Folder => folder;

    public bool Has(string key) => map.Has(key);

    public string Word(string key, params string[] words) => map.Word(key, words);

    public string? OptionalText(string key) => map.OptionalText(key);

    public T Integer<T>(string key, T min, T max, T? otherwise = null)
        where T : struct, IBinaryInteger<T> => map.Integer(key, min, max, otherwise);

    public double Real(string key, double min, double max, double otherwise) => map.Real(key, min, max, otherwise);

    public ISweepSection Section(string key) => new SweepSection(map.Map(key), folder, models);

    public (string Name, string Text) File(string key)
    {
        var file = Path.Combine(folder, map.Text(key));
        try
        {
            return (file, RegularFile.ReadText(file, LargestFile));
        }
        catch (IOException e)
        {
            throw map.Error(key, $"cannot read {VisibleText.Of(file)}: {e.Message}");
        }
    }

    public ModelConfiguration Generator(string key) => models.Generator(map, key);

    public ModelConfiguration Judge(string key) => models.Judge(map, key);

    public ModelConfiguration Detector(string key) => models.Detector(map, key);

    public ModelConfiguration Answerer(string key) => models.Answerer(map, key);

    public Exception Error(string key, string message) => map.Error(key, message);

    public void End() => map.End();
}

using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Endpoints;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Models.Simulated;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>
/// The section <c>models</c> of a sweep file: each model once, under the name by which arms and scorer refer to it. What it
/// is for says who refers to it.
/// </summary>
internal sealed class ModelsSection(YamlMap root, string folder)
{
    private const string Key = "models";
    private const int LargestBatch = 1024;

    /// <summary>The kinds that serve each role, and how their parameters are read.</summary>
    private static readonly Dictionary<string, Dictionary<string, Func<SweepSection, JsonElement?>>> Kinds = new()
    {
        ["generator"] = new()
        {
            [ModelConfiguration.Simulated] = File<GeneratorParameters>,
            [ModelConfiguration.Sana] = File<SanaParameters>,
            [ModelConfiguration.ReflectDit] = File<SanaParameters>,
            [ModelConfiguration.OpenAiImages] = File<OpenAiImagesParameters>,
        },
        ["judge"] = new()
        {
            [ModelConfiguration.Simulated] = File<JudgeParameters>,
            [ModelConfiguration.OpenAiChat] = File<ChatJudgeParameters>,
            [ModelConfiguration.Qwen] = File<QwenJudgeParameters>,
        },
        ["detector"] = new()
        {
            [ModelConfiguration.Simulated] = _ => null,
            [ModelConfiguration.Pixels] = _ => null,
            [ModelConfiguration.Mask2Former] = File<Mask2FormerParameters>,
            [ModelConfiguration.Mask2FormerOfHuggingFace] = File<HuggingFaceDetectorParameters>,
        },
        ["answerer"] = new()
        {
            [ModelConfiguration.Qwen] = File<QwenAnswererParameters>,
            [ModelConfiguration.OpenAiChat] = File<ChatAnswererParameters>,
        },
    };

    private readonly Dictionary<string, (string Role, NamedModel Model)> _read = [];

    private YamlMap Map => field ??= root.Map(Key);

    /// <summary>All of them, in the order of the file.</summary>
    /// <exception cref="SweepFileException">Nobody refers to one of them.</exception>
    public IReadOnlyList<NamedModel> End() =>
    [
        .. Map.Keys.Select(name => _read.TryGetValue(name, out var read)
            ? read.Model
            : throw Map.Error(name, "neither an arm nor a scorer refers to it")),
    ];

    public ModelConfiguration Generator(YamlMap from, string key) => Referred(from, key, "generator");

    public ModelConfiguration Judge(YamlMap from, string key) => Referred(from, key, "judge");

    public ModelConfiguration Detector(YamlMap from, string key) => Referred(from, key, "detector");

    public ModelConfiguration Answerer(YamlMap from, string key) => Referred(from, key, "answerer");

    private ModelConfiguration Referred(YamlMap from, string key, string role)
    {
        var name = from.Text(key);
        if (!Map.Keys.Contains(name))
        {
            throw from.Error(key, $"there is no model '{name}'; known: {string.Join(", ", Map.Keys)}");
        }

        if (!_read.TryGetValue(name, out var read))
        {
            read = (role, Read(name, role));
            if (_read.Values.FirstOrDefault(r => r.Role == role && r.Model.Model.Identity == read.Model.Model.Identity) is { Model: { } twin })
            {
                throw Map.Error(name, $"it is the same {role} as '{twin.Name}': name it once, or tell their weights apart by digest");
            }

            _read.Add(name, read);
        }

        return read.Role == role
            ? read.Model.Model
            : throw from.Error(key, $"'{name}' is a {read.Role} elsewhere in this sweep: expected a {role}");
    }

    private NamedModel Read(string name, string role)
    {
        if (!name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_'))
        {
            throw Map.Error(name, $"expected a name of letters, digits, '-' and '_', found '{name}'");
        }

        var map = Map.Map(name);
        var section = new SweepSection(map, folder, this);
        var kind = map.Word("kind", [.. Kinds[role].Keys]);
        var model = new ModelConfiguration(kind, Kinds[role][kind](section))
        {
            Batch = map.Integer("batch", 1, kind is ModelConfiguration.OpenAiImages or ModelConfiguration.OpenAiChat ? 1 : LargestBatch,
                kind is ModelConfiguration.Simulated or ModelConfiguration.Pixels ? SimulatedModels.MaxBatch : 1),
            Digest = map.OptionalText("digest"),
        };
        if (model.Digest is { } digest && (digest.Length != 64 || !digest.All(char.IsAsciiHexDigitLower)))
        {
            throw map.Error("digest", $"expected the 64 lower-case hexadecimal digits of a SHA-256, found '{digest}'");
        }

        var placement = PlacementFile.Read(map.OptionalMap("placement"), kind, folder);
        map.End();
        return new(name, model, placement);
    }

    /// <summary>A file of parameters, which count as what they say and not as they are written.</summary>
    private static JsonElement? File<T>(SweepSection section)
    {
        var (file, text) = section.File("parameters");
        try
        {
            var read = SettingsJson.Read<T>(file, text);
            return read is IEndpointParameters { Fault: { } fault }
                ? throw new FormatException($"{file}: {fault}")
                : JsonSerializer.SerializeToElement(read, SettingsJson.Form);
        }
        catch (FormatException e)
        {
            throw section.Error("parameters", e.Message);
        }
    }
}

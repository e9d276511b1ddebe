using System.Collections.Concurrent;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models;
using ReflectDiT.Eval.Models.Simulated;

namespace ReflectDiT.Eval.Runner;

/// <summary>
/// The models of this process, each loaded once: arms and sweeps that name the same model share it, and so its batches.
/// </summary>
public sealed class ModelCatalog
{
    private readonly ConcurrentDictionary<string, Lazy<IGenerator>> _generators = new();
    private readonly ConcurrentDictionary<string, Lazy<IJudge>> _judges = new();

    public IDetector Detector { get; } = new SimulatedDetector();

    /// <summary>The names of the models that are loaded.</summary>
    public IReadOnlyList<string> Loaded =>
        [.. NamesOf(_generators).Concat(NamesOf(_judges)).Order(StringComparer.Ordinal)];

    /// <param name="what">Whose model it is, for messages.</param>
    /// <exception cref="FormatException">The parameters are wrong.</exception>
    public IGenerator Generator(ModelConfiguration model, string what) => Get(_generators, model, parameters =>
        new SimulatedGenerator(SettingsJson.Read<GeneratorParameters>(what, parameters)));

    /// <inheritdoc cref="Generator"/>
    public IJudge Judge(ModelConfiguration model, string what) => Get(_judges, model, parameters =>
        new SimulatedJudge(SettingsJson.Read<JudgeParameters>(what, parameters)));

    private static IEnumerable<string> NamesOf<T>(ConcurrentDictionary<string, Lazy<T>> models)
    {
        foreach (var (parameters, model) in models)
        {
            using var json = JsonDocument.Parse(parameters);
            if (model.IsValueCreated)
            {
                yield return $"{json.RootElement.GetProperty("model").GetString()} (simulated)";
            }
        }
    }

    private static T Get<T>(ConcurrentDictionary<string, Lazy<T>> models, ModelConfiguration model, Func<string, T> load)
    {
        var parameters = model.Parameters!.Value.GetRawText();
        return models.GetOrAdd(parameters, _ => new(() => load(parameters))).Value;
    }
}

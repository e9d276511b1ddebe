using System.Collections.Concurrent;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>
/// The models of this process: each is loaded once, when it is first needed, and arms and sweeps that name the same one
/// share it, and so its batches. To name a model costs nothing.
/// </summary>
public sealed class ModelHost(IModelKinds kinds) : IDisposable
{
    private readonly ConcurrentDictionary<string, HostedModel<DrawRequest, Drawing>> _generators = new();
    private readonly ConcurrentDictionary<string, HostedModel<JudgeRequest, Judgement>> _judges = new();
    private readonly ConcurrentDictionary<string, HostedModel<DetectRequest, Detected>> _detectors = new();

    /// <summary>What failed to load is loaded again when it is asked for after so long: a folder may be mounted by then.</summary>
    public TimeSpan RetryLoadAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A batch that nobody waits for any more may take as long again as it should have, and so long at least, before its
    /// model is said to hang.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of this build.</summary>
    public ModelHost()
        : this(new ModelKinds())
    {
    }

    /// <summary>What is loaded, as people are told of it.</summary>
    public IReadOnlyList<string> Loaded => [.. All.Where(m => m.IsLoaded).Select(m => m.Title).Order(StringComparer.Ordinal)];

    /// <summary>Why this process had better be started anew: a model does not come back from a batch. Null where all do.</summary>
    public string? Hangs => All.Select(m => m.Hangs).FirstOrDefault(h => h is not null);

    private IEnumerable<IHostedModel> All => _generators.Values.Cast<IHostedModel>().Concat(_judges.Values).Concat(_detectors.Values);

    public HostedModel<DrawRequest, Drawing> Generator(ModelConfiguration model) => _generators.GetOrAdd(
        model.Name, _ => new("generator", model, () => kinds.Generator(model), Answers.Fault) { RetryLoadAfter = RetryLoadAfter, Patience = Patience });

    public HostedModel<JudgeRequest, Judgement> Judge(ModelConfiguration model) => _judges.GetOrAdd(
        model.Name, _ => new("judge", model, () => kinds.Judge(model), Answers.Fault) { RetryLoadAfter = RetryLoadAfter, Patience = Patience });

    public HostedModel<DetectRequest, Detected> Detector(ModelConfiguration model) => _detectors.GetOrAdd(
        model.Name, _ => new("detector", model, () => kinds.Detector(model), Answers.Fault) { RetryLoadAfter = RetryLoadAfter, Patience = Patience });

    /// <summary>Lets go of every model that is not at work.</summary>
    public void Dispose()
    {
        foreach (var model in All)
        {
            model.Dispose();
        }
    }
}

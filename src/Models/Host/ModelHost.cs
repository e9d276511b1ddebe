using System.Collections.Concurrent;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>
/// The models of this process: each is loaded once, when it is first needed, and arms and sweeps that ask for the same one
/// in the same place share it, and so its batches. To name a model costs nothing.
/// </summary>
public sealed class ModelHost(IModelKinds kinds) : IDisposable
{
    private readonly ConcurrentDictionary<(string Role, string Identity, string Placement), IHostedModel> _models = new();

    /// <summary>What failed to load is loaded again when it is asked for after so long: a folder may be mounted by then.</summary>
    public TimeSpan RetryLoadAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A batch that nobody waits for any more may take as long again as it should have, and so long at least, before its
    /// model is said to hang.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes of a device models may take.</summary>
    public Func<string, long> Capacity { get; init; } = DeviceMemory.OfThisMachine;

    /// <summary>Of this build.</summary>
    public ModelHost()
        : this(new ModelKinds())
    {
    }

    /// <summary>Told of each model that has been loaded, and of each that has made room for another.</summary>
    public event EventHandler<ModelEventArgs>? News;

    /// <summary>What is loaded, by title.</summary>
    public IReadOnlyList<LoadedModel> Loaded =>
        [.. _models.Values.Select(m => m.Loaded).OfType<LoadedModel>().OrderBy(m => m.Title, StringComparer.Ordinal)];

    /// <summary>Why this process had better be started anew: a model does not come back from a batch. Null where all do.</summary>
    public string? Hangs => _models.Values.Select(m => m.Hangs).FirstOrDefault(h => h is not null);

    internal DeviceMemory Memory => field ?? Interlocked.CompareExchange(ref field, new(Capacity), null) ?? field;

    public HostedModel<DrawRequest, Drawing> Generator(ModelConfiguration model, Placement placement) =>
        Of("generator", model, placement, () => kinds.Generator(model, placement), Answers.Fault);

    public HostedModel<JudgeRequest, Judgement> Judge(ModelConfiguration model, Placement placement) =>
        Of("judge", model, placement, () => kinds.Judge(model, placement), Answers.Fault);

    public HostedModel<DetectRequest, Detected> Detector(ModelConfiguration model, Placement placement) =>
        Of("detector", model, placement, () => kinds.Detector(model, placement), Answers.Fault);

    public HostedModel<AnswerRequest, Answer> Answerer(ModelConfiguration model, Placement placement) =>
        Of("answerer", model, placement, () => kinds.Answerer(model, placement), Answers.Fault);

    /// <summary>Lets go of every model that is not at work.</summary>
    public void Dispose()
    {
        foreach (var model in _models.Values)
        {
            model.Dispose();
        }
    }

    internal void Say(ModelEventArgs news) => News?.Invoke(this, news);

    private HostedModel<TRequest, TAnswer> Of<TRequest, TAnswer>(
        string role, ModelConfiguration model, Placement placement, Func<IModel<TRequest, TAnswer>> load, Func<TAnswer, string?> fault)
    {
        // How long a call may take is the caller's to say: it makes no other model.
        var place = placement with { TimeoutSeconds = null };
        return (HostedModel<TRequest, TAnswer>)_models.GetOrAdd(
            (role, model.Identity, place.ToJson()), _ => new HostedModel<TRequest, TAnswer>(
                this, role, model, place, load, () => place.MemoryGib is null ? kinds.Memory(model, place) : place.MemoryBytes, fault));
    }
}

/// <summary>A model has been loaded, or has made room.</summary>
/// <param name="took">How long it took to load; null where it has made room.</param>
public sealed class ModelEventArgs(string model, TimeSpan? took) : EventArgs
{
    public string Model => model;

    public TimeSpan? Took => took;
}

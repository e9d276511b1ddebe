using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>The models that a worker's chains need: loaded when the first chain needs them, and held to the weights of the ledger.</summary>
internal sealed class ServedModels : IDisposable
{
    private readonly LedgerSession _ledger;
    private readonly RunProgress _progress;
    private readonly ILogger _log;

    /// <summary>The models whose weights are held to those of the ledger, each by the first chain that needs it.</summary>
    private readonly ConcurrentDictionary<(Guid Sweep, IHostedModel Model, Guid? Scorer), Lazy<Task>> _bound = new();

    public ServedModels(LedgerSession ledger, RunProgress progress, ILogger log)
    {
        (_ledger, _progress, _log) = (ledger, progress, log);
        progress.Models.News += Say;
    }

    public void Dispose() => _progress.Models.News -= Say;

    /// <summary>
    /// Waits for the models of an arm. Where not all find room, the generator is loaded last: it is asked first.
    /// </summary>
    /// <param name="role">What is done of the chain; null for all.</param>
    /// <returns>False when told to stop.</returns>
    /// <exception cref="ModelUnavailableException">One cannot be loaded, or has other weights.</exception>
    public Task<bool> AreReadyAsync(SweepSetup sweep, int arm, ChainRole? role, CancellationToken stop)
    {
        var (generator, judge, strategy) = sweep.Arms[arm];
        var scorer = strategy.IsOracle && role is not ChainRole.Generate ? sweep.Plan.Scorer : null;
        List<SweepModel> needed = [];
        if (role is not ChainRole.Generate)
        {
            needed.Add(judge);
        }

        if (scorer is not null)
        {
            needed.Add(sweep.Scorings[scorer.Id].Model);
        }

        if (role is not ChainRole.Judge)
        {
            needed.Add(generator);
        }

        return AreReadyAsync(sweep, [.. needed], scorer?.Id, stop);
    }

    /// <summary>The digest of a generator's weights, without loading them.</summary>
    /// <returns>Null where no worker has loaded it yet.</returns>
    public async Task<string?> DigestAsync(SweepSetup sweep, SweepModel generator, CancellationToken stop) =>
        generator.Hosted.Digest ?? await _ledger.Models.DigestAsync(sweep.Plan.Id, generator.Named.Model, stop);

    /// <summary>Waits for models.</summary>
    /// <param name="scorer">Whose scores depend on one of them.</param>
    /// <inheritdoc cref="AreReadyAsync(SweepSetup, int, ChainRole?, CancellationToken)"/>
    public async Task<bool> AreReadyAsync(SweepSetup sweep, SweepModel[] needed, Guid? scorer, CancellationToken stop)
    {
        SweepModel[] unknown = [.. needed.Where(m => !IsBound((sweep.Plan.Id, m.Hosted, scorer)))];
        if (unknown.Length == 0)
        {
            return true;
        }

        try
        {
            await _progress.Pulse.LoadAsync(Task.WhenAll(unknown.Where(m => m.Hosted.Digest is null).Select(m => m.Hosted.LoadAsync(stop))));
            foreach (var model in unknown)
            {
                await BindOnceAsync(sweep, model, scorer).WaitAsync(stop);
            }

            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private bool IsBound((Guid, IHostedModel, Guid?) model) =>
        _bound.TryGetValue(model, out var bound) && bound is { IsValueCreated: true, Value.IsCompletedSuccessfully: true };

    /// <summary>Who fails lets the next one try.</summary>
    private async Task BindOnceAsync(SweepSetup sweep, SweepModel model, Guid? scorer)
    {
        var key = (sweep.Plan.Id, model.Hosted, scorer);
        var bound = _bound.GetOrAdd(key, _ => new(() => BindAsync(sweep, model, scorer)));
        try
        {
            await bound.Value;
        }
        catch
        {
            _bound.TryRemove(new(key, bound));
            throw;
        }
    }

    private async Task BindAsync(SweepSetup sweep, SweepModel model, Guid? scorer)
    {
        var (name, digest) = (model.Named.Name, model.Hosted.Digest!);
        var bound = await _ledger.Models.BindAsync(sweep.Plan.Id, model.Named.Model, digest, CancellationToken.None);
        if (bound != digest)
        {
            throw new ModelUnavailableException(
                $"model '{name}' has weights with the digest {digest} here, and had {bound} when sweep {sweep.Plan.Name} first "
                + "loaded it: give this worker those weights, or run these as a sweep of their own, with 'digest' in its models");
        }

        if (scorer is { } id && sweep.Scorings[id].Model == model
            && await _ledger.Scorings.BindAsync(id, digest, CancellationToken.None) is var scored && scored != digest)
        {
            throw new ModelUnavailableException(
                $"model '{name}' has weights with the digest {digest} here, and had {scored} when this scorer was first used: scores of two "
                + "detectors must not mix. Give this worker those weights, or tell the scorers apart by 'digest' in their models");
        }
    }

    /// <summary>Says what this process has loaded, and what made room.</summary>
    private void Say(object? sender, ModelEventArgs news)
    {
        if (news.Took is { } took)
        {
            _log.ModelLoaded(news.Model, took.TotalSeconds);
        }
        else
        {
            _log.ModelUnloaded(news.Model);
        }
    }
}

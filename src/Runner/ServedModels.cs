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

    /// <summary>The models whose weights are known to be those of the ledger.</summary>
    private readonly ConcurrentDictionary<(Guid Sweep, IHostedModel Model), bool> _bound = new();

    public ServedModels(LedgerSession ledger, RunProgress progress, ILogger log)
    {
        (_ledger, _progress, _log) = (ledger, progress, log);
        progress.Models.News += Say;
    }

    public void Dispose() => _progress.Models.News -= Say;

    /// <summary>
    /// Waits for the models of an arm. Where not all find room, the generator is loaded last: it is asked first.
    /// </summary>
    /// <returns>False when told to stop.</returns>
    /// <exception cref="ModelUnavailableException">One cannot be loaded, or has other weights.</exception>
    public async Task<bool> AreReadyAsync(SweepSetup sweep, int arm, CancellationToken stop)
    {
        var (generator, judge, _) = sweep.Arms[arm];
        SweepModel[] needed = sweep.Scoring is { } scoring ? [judge, scoring.Model, generator] : [judge, generator];
        SweepModel[] unknown = [.. needed.Where(m => !_bound.ContainsKey((sweep.Plan.Id, m.Hosted)))];
        if (unknown.Length == 0)
        {
            return true;
        }

        try
        {
            await _progress.Pulse.LoadAsync(Task.WhenAll(unknown.Where(m => m.Hosted.Digest is null).Select(m => m.Hosted.LoadAsync(stop))));
            foreach (var model in unknown)
            {
                await BindAsync(sweep, model, stop);
            }

            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task BindAsync(SweepSetup sweep, SweepModel model, CancellationToken stop)
    {
        var (name, digest) = (model.Named.Name, model.Hosted.Digest!);
        var bound = await _ledger.Models.BindAsync(sweep.Plan.Id, model.Named.Model, digest, stop);
        if (bound != digest)
        {
            throw new ModelUnavailableException(
                $"model '{name}' has weights with the digest {digest} here, and had {bound} when sweep {sweep.Plan.Name} first "
                + "loaded it: give this worker those weights, or run these as a sweep of their own, with 'digest' in its models");
        }

        _bound.TryAdd((sweep.Plan.Id, model.Hosted), true);
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

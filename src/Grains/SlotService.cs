using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Grains;

/// <summary>Tells the other silos of this one's slots.</summary>
public sealed class SlotService(
    GrainId id, Silo silo, ILoggerFactory logs, ILocalSiloDetails local, SlotGate gate, RunProgress progress,
    WorkScope scope)
    : GrainService(id, silo, logs), ISlotService
{
    /// <summary>A worker that is silent for so long waits for a database that does not answer, and begins nothing.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(3);

    public Task<SiloSlots> SlotsAsync() => Task.FromResult(new SiloSlots(
        local.SiloAddress,
        local.Name,
        gate.Slots,
        progress.Pulse.Silence > LongestSilence ? 0 : gate.Free,
        progress.Pulse.Silence > LongestSilence || gate.Worker is null ? 0 : gate.ScoringSlots,
        scope.Arms,
        scope.Role,
        gate.Worker,
        [.. progress.Parked.Keys.Select(p => new Parked(p.Sweep, p.Arm, p.Scorer))]));

    public Task ScoreAsync(Guid sweep, int most)
    {
        gate.LeaveToScore(sweep, most);
        return Task.CompletedTask;
    }
}

/// <summary>Asks the silos of the cluster for their slots.</summary>
public sealed class SlotServiceClient(IServiceProvider services, ISiloStatusOracle silos)
    : GrainServiceClient<ISlotService>(services)
{
    /// <summary>A silo that does not answer is soon found dead; until then it has nothing to give.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Of every active silo that answers.</summary>
    public async Task<IReadOnlyList<SiloSlots>> AllAsync()
    {
        var answers = await Task.WhenAll(silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Order().Select(AskAsync));
        return [.. answers.OfType<SiloSlots>()];
    }

    /// <summary>See <see cref="ISlotService.ScoreAsync"/>; a silo that does not answer is left alone.</summary>
    public async Task ScoreAsync(SiloAddress silo, Guid sweep, int most)
    {
        try
        {
            await GetGrainService(silo).ScoreAsync(sweep, most).WaitAsync(Patience);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            // Its share waits, and is left to somebody with the next feed.
        }
    }

    private async Task<SiloSlots?> AskAsync(SiloAddress silo)
    {
        try
        {
            return await GetGrainService(silo).SlotsAsync().WaitAsync(Patience);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return null;
        }
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime.Placement;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Grains;

/// <summary>
/// Feeds a sweep: finds its free chains in the ledger, and starts their prompts on silos with free slots that serve
/// them; and leaves to silos that score what waits for a score. It keeps nothing that the ledger does not know: lost with
/// its silo, it goes on elsewhere, and so it does when its silo is cut off from the database, on the silo of whoever asks
/// next and so is not.
/// </summary>
[Reentrant]
[PreferLocalPlacement]
internal sealed class SweepGrain(LedgerSession ledger, SlotServiceClient silos, ILogger<SweepGrain> log)
    : Grain, ISweepGrain, IDisposable
{
    /// <summary>An end of a chain is told; this is for what is not: silos that come, leases that run out.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// Longer than the ledger takes for any question that is asked here. Waited for beside the question: to cancel it
    /// takes a connection too, and a server that is silent lets that wait as well.
    /// </summary>
    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(10);

    /// <summary>Longer than a prompt waits for its worker to begin.</summary>
    private static readonly TimeSpan OfferPatience = PromptGrain.Patience + TimeSpan.FromSeconds(1);

    /// <summary>Chains that a silo has taken and not claimed yet as far as is known, with the time of the offer.</summary>
    private readonly Dictionary<FreeChain, long> _offered = [];
    private readonly SemaphoreSlim _fed = new(0);
    private readonly CancellationTokenSource _leave = new();
    private readonly FaultLog _faults = new(log, "Feeding a sweep");
    private Task _feeding = Task.CompletedTask;
    private string[]? _arms;

    private Guid Sweep => this.GetPrimaryKey();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _leave.CancelAsync();
        await _feeding;
    }

    public void Dispose()
    {
        _fed.Dispose();
        _leave.Dispose();
    }

    public Task FeedAsync()
    {
        _fed.Release();
        if (_feeding.IsCompleted)
            _feeding = FeedUntilDoneAsync();
        return Task.CompletedTask;
    }

    public async Task<SweepProgress> ProgressAsync()
    {
        await using var tables = new LedgerContext(ledger.Source);
        var state = await tables.Sweeps.Where(s => s.Id == Sweep).Select(s => s.State).SingleAsync();
        var counts = await ledger.Leases.CountAsync(new(Sweep), CancellationToken.None);
        var working = await tables.Chains.CountAsync(c => c.SweepId == Sweep && c.Worker != null);
        var unscored = await ledger.Scorings.CountAsync(new(Sweep), CancellationToken.None);
        return new(state, counts.Total, counts.Done, counts.Failed, working, unscored.Open, unscored.Failed);
    }

    public Task PauseAsync() => SetStateAsync(SweepState.Paused);

    public Task ResumeAsync() => SetStateAsync(SweepState.Running);

    public Task CancelAsync() => SetStateAsync(SweepState.Cancelled);

    public async Task<PromptState> PromptAsync(string arm, int prompt, int replicate)
    {
        await using var tables = new LedgerContext(ledger.Source);
        var arms = await ArmsAsync();
        var index = Array.IndexOf(arms, arm);
        var chain = await tables.Chains.SingleOrDefaultAsync(c =>
                c.SweepId == Sweep && c.Arm == index && c.Prompt == prompt && c.Replicate == replicate)
            ?? throw new KeyNotFoundException(
                $"Sweep {Sweep} has no prompt {prompt} of arm '{arm}' in replicate {replicate}; its arms: {string.Join(", ", arms)}.");
        var attempts = await tables.Attempts.CountAsync(a => a.ChainId == chain.Id);
        return new(chain.State, attempts, chain.Shown, chain.Failure, await HolderAsync(tables, chain.Worker));
    }

    /// <summary>Their names, in the order of the sweep.</summary>
    private async Task<string[]> ArmsAsync()
    {
        if (_arms is not null)
            return _arms;
        await using var tables = new LedgerContext(ledger.Source);
        return _arms = await tables.Arms.Where(a => a.SweepId == Sweep).OrderBy(a => a.Index).Select(a => a.Name)
            .ToArrayAsync(_leave.Token).WaitAsync(DatabasePatience);
    }

    private async Task<string?> HolderAsync(LedgerContext tables, int? worker)
    {
        if (worker is null)
            return null;
        if ((await silos.AllAsync()).FirstOrDefault(s => s.Worker == worker) is { } silo)
            return $"silo {silo.Name} ({silo.Silo})";
        var row = await tables.Workers.SingleAsync(w => w.Number == worker);
        return $"worker {row.Number}, process {row.Process} on {row.Host}";
    }

    private async Task SetStateAsync(string state)
    {
        await ledger.Sweeps.SetStateAsync(Sweep, state, CancellationToken.None);
        await FeedAsync();
    }

    private async Task FeedUntilDoneAsync()
    {
        while (!_leave.IsCancellationRequested)
        {
            try
            {
                if (!await FeedOnceAsync())
                    return;
                _faults.Worked();
            }
            catch (Exception) when (_leave.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _faults.Failed(e);
                if (e is TimeoutException || LedgerSession.IsOutage(e))
                {
                    DeactivateOnIdle(); // every silo that reaches the database asks for its sweeps to be fed
                    return;
                }
            }

            DelayDeactivation(TimeSpan.FromMinutes(1));
            await Task.WhenAny(_fed.WaitAsync(Poll, _leave.Token));
            while (_fed.Wait(0))
            {
            }
        }
    }

    /// <returns>False when nothing is left to do: all done, or paused, or cancelled.</returns>
    private async Task<bool> FeedOnceAsync()
    {
        var arms = await ArmsAsync();
        var slots = await silos.AllAsync();
        foreach (var alike in slots.Where(s => s.Free > 0).GroupBy(Serves))
        {
            var room = alike.ToDictionary(s => s.Silo, s => s.Free);
            var free = await ledger.Leases
                .FreeChainsAsync(ScopeOf(alike.First()), room.Values.Sum() + _offered.Count, _leave.Token)
                .WaitAsync(DatabasePatience);
            await Task.WhenAll(Placed(NotOffered(free), room).Select(p => StartAsync(p.Chain, arms[p.Chain.Arm], p.Silo)));
        }

        var unscored = await ledger.Scorings.CountAsync(new(Sweep), _leave.Token).WaitAsync(DatabasePatience);
        await ScoreAsync(unscored.Free, [.. slots.Where(s => s.ScoringSlots > 0 && !s.Parked.Any(p => p.Sweep == Sweep && p.Arm is null))]);
        return unscored.Open > 0 || (await ledger.Leases.WaitingAsync(new(Sweep), _leave.Token).WaitAsync(DatabasePatience)).Open > 0;
    }

    /// <summary>
    /// Each silo is left its share of what waits, at least what it scores at once: whoever is done first is left more with the
    /// next feed, and the ledger gives each drawing to one.
    /// </summary>
    private Task ScoreAsync(int drawings, List<SiloSlots> scoring) => drawings == 0
        ? Task.CompletedTask
        : Task.WhenAll(scoring.Select(s => silos.ScoreAsync(s.Silo, Sweep, Math.Max(s.ScoringSlots, drawings / scoring.Count))));

    /// <summary>
    /// The chains of a prompt go to one silo where they fit, as arms that ask for the same drawings share them best in one
    /// process; prompts go where the most slots are free.
    /// </summary>
    private static IEnumerable<(FreeChain Chain, SiloAddress Silo)> Placed(List<FreeChain> chains, Dictionary<SiloAddress, int> room)
    {
        foreach (var prompt in chains.GroupBy(c => (c.Replicate, c.Prompt)))
        {
            SiloAddress? at = null;
            foreach (var chain in prompt)
            {
                at = at is not null && room[at] > 0 ? at : room.MaxBy(r => r.Value).Key;
                if (room[at]-- == 0)
                {
                    yield break;
                }

                yield return (chain, at);
            }
        }
    }

    private WorkScope ScopeOf(SiloSlots silo) => new(Sweep, Arms: silo.Arms)
    {
        Role = silo.Role,
        Parked = [.. silo.Parked.Where(p => p.Sweep == Sweep && p.Scorer is null).Select(p => new ParkedWork(p.Sweep, p.Arm))],
    };

    /// <summary>Equal for silos that serve the same of this sweep.</summary>
    private string Serves(SiloSlots silo) => string.Join(
        '\n', [$"{silo.Role}", silo.Arms is null ? "all" : "some", .. silo.Arms ?? [], .. ScopeOf(silo).Parked.Select(p => $"not {p.Arm}").Order(StringComparer.Ordinal)]);

    /// <summary>
    /// What is free and no silo is about to claim. A chain that is free no more was claimed: when it comes back, it is
    /// offered anew, as is one that nobody claims in time.
    /// </summary>
    private List<FreeChain> NotOffered(IReadOnlyList<FreeChain> free)
    {
        var still = free.ToHashSet();
        var now = Environment.TickCount64;
        foreach (var (chain, since) in _offered.ToList())
        {
            if (!still.Contains(chain) || now - since > OfferPatience.TotalMilliseconds)
                _offered.Remove(chain);
        }

        return [.. free.Where(chain => !_offered.ContainsKey(chain))];
    }

    private async Task StartAsync(FreeChain chain, string arm, SiloAddress silo)
    {
        var key = new PromptKey(Sweep, chain.Arm, chain.Prompt, chain.Replicate, chain.Needs, arm);
        try
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
            if (await GrainFactory.GetGrain<IPromptGrain>(key.ToString()).StartAsync())
                _offered[chain] = Environment.TickCount64;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            // Its silo is lost, or there is none for it any more: the chain stays free, and is offered again.
        }
    }
}

using Orleans.Placement;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;

namespace ReflectDiT.Eval.Grains;

/// <summary>
/// One chain. The silo's worker claims and runs it as any other worker would: with two activations of one prompt, the
/// ledger gives the chain to one of them.
/// </summary>
[ServesArm]
[RandomPlacement]
internal sealed class PromptGrain(SlotGate gate) : Grain, IPromptGrain
{
    private ChosenChain? _chain;

    public async Task<bool> StartAsync()
    {
        if (_chain is not null)
            return true;
        var key = PromptKey.Parse(this.GetPrimaryKeyString());
        _chain = gate.Choose(Identity.OfChain(key.Sweep, key.Arm, key.Prompt, key.Replicate));
        if (_chain is null || !await _chain.Begun)
        {
            _chain = null;
            DeactivateOnIdle();
            return false;
        }

        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _ = LeaveAsync(_chain, GrainFactory.GetGrain<ISweepGrain>(key.Sweep));
        return true;
    }

    private async Task LeaveAsync(ChosenChain chain, ISweepGrain sweep)
    {
        await chain.Ended;
        await sweep.FeedAsync();
        DeactivateOnIdle();
    }
}

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
    /// <summary>
    /// A worker that does not begin in time is cut off from its database: others may try. When it does begin later, the
    /// ledger gave it the chain, and nothing is lost but the grain.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private ChosenChain? _chain;

    public async Task<bool> StartAsync()
    {
        if (_chain is not null)
            return true;
        var key = PromptKey.Parse(this.GetPrimaryKeyString());
        _chain = gate.Choose(Identity.OfChain(key.Sweep, key.Arm, key.Prompt, key.Replicate));
        if (_chain is null || !await BegunAsync(_chain))
        {
            _chain = null;
            DeactivateOnIdle();
            return false;
        }

        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _ = LeaveAsync(_chain, GrainFactory.GetGrain<ISweepGrain>(key.Sweep));
        return true;
    }

    private static async Task<bool> BegunAsync(ChosenChain chain)
    {
        try
        {
            return await chain.Begun.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Goes in any case: a grain that stayed would say of a chain that nobody has that it is at work.</summary>
    private async Task LeaveAsync(ChosenChain chain, ISweepGrain sweep)
    {
        await chain.Ended;
        _chain = null;
        DeactivateOnIdle();
        await sweep.FeedAsync();
    }
}

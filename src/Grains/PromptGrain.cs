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
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private ChosenChain? _chain;

    public Task<bool> StartAsync()
    {
        if (_chain is not null)
            return Task.FromResult(true);
        var key = PromptKey.Parse(this.GetPrimaryKeyString());
        _chain = gate.Choose(Identity.OfChain(key.Sweep, key.Arm, key.Prompt, key.Replicate));
        if (_chain is null)
        {
            DeactivateOnIdle();
            return Task.FromResult(false);
        }

        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _ = StayAsync(_chain, GrainFactory.GetGrain<ISweepGrain>(key.Sweep));
        return Task.FromResult(true);
    }

    /// <summary>Goes in any case: a grain that stayed would say of a chain that nobody has that it is at work.</summary>
    private async Task StayAsync(ChosenChain chain, ISweepGrain sweep)
    {
        if (await BegunAsync(chain))
            await chain.Ended;
        _chain = null;
        DeactivateOnIdle();
        await sweep.FeedAsync();
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
}

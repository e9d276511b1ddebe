using Orleans.Concurrency;

namespace ReflectDiT.Eval.Grains;

/// <inheritdoc cref="IClusterGrain"/>
[StatelessWorker]
internal sealed class ClusterGrain(SlotServiceClient silos) : Grain, IClusterGrain
{
    public Task<IReadOnlyList<SiloSlots>> SlotsAsync() => silos.AllAsync();
}

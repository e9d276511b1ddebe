namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// Tells which silos have fallen silent. No clocks are compared: a silo is silent when nothing new was heard of it for
/// as long as somebody listened all the time.
/// </summary>
internal sealed class SilentSilos(TimeSpan patience)
{
    private readonly Dictionary<SiloAddress, (DateTime Spoke, long Heard)> _silos = [];

    /// <param name="silos">As they are now.</param>
    /// <param name="now">Milliseconds of the listener's own clock, from any start.</param>
    public IReadOnlyList<SiloAddress> Look(IEnumerable<MembershipEntry> silos, long now)
    {
        var silent = new List<SiloAddress>();
        foreach (var silo in silos)
        {
            if (!_silos.TryGetValue(silo.SiloAddress, out var last) || last.Spoke != silo.IAmAliveTime)
                _silos[silo.SiloAddress] = (silo.IAmAliveTime, now);
            else if (now - last.Heard >= patience.TotalMilliseconds)
                silent.Add(silo.SiloAddress);
        }

        return silent;
    }

    /// <summary>For a listener who was deaf for a while.</summary>
    public void Forget() => _silos.Clear();
}

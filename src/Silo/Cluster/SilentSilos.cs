namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// Tells which silos have fallen silent: those of which nothing new was heard at so many looks in a row. Neither clocks
/// nor times are compared: where all have to wait for the database, nobody looks.
/// </summary>
internal sealed class SilentSilos(int looks)
{
    private readonly Dictionary<SiloAddress, (DateTime Spoke, int Looks)> _silos = [];

    /// <param name="silos">As they are now.</param>
    public IReadOnlyList<SiloAddress> Look(IEnumerable<MembershipEntry> silos)
    {
        var silent = new List<SiloAddress>();
        foreach (var silo in silos)
        {
            var last = _silos.GetValueOrDefault(silo.SiloAddress, (Spoke: silo.IAmAliveTime, Looks: -1));
            var inVain = last.Spoke == silo.IAmAliveTime ? last.Looks + 1 : 0;
            _silos[silo.SiloAddress] = (silo.IAmAliveTime, inVain);
            if (inVain >= looks)
                silent.Add(silo.SiloAddress);
        }

        return silent;
    }

    /// <summary>For somebody who could not look for a while.</summary>
    public void Forget() => _silos.Clear();
}

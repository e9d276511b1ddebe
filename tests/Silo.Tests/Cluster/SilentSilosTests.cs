using System.Net;
using ReflectDiT.Eval.Silo.Cluster;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

public sealed class SilentSilosTests
{
    private static readonly SiloAddress One = SiloAddress.New(IPAddress.Loopback, 11111, 1);
    private static readonly SiloAddress Two = SiloAddress.New(IPAddress.Loopback, 11112, 1);

    private readonly SilentSilos _silent = new(looks: 2);

    [Fact]
    public void A_silo_is_silent_that_says_nothing_new_at_so_many_looks_in_a_row()
    {
        Assert.Empty(Look(one: 0, two: 0));
        Assert.Empty(Look(one: 3, two: 0));
        Assert.Equal([Two], Look(one: 3, two: 0));
        Assert.Equal([One, Two], Look(one: 3, two: 0));
        Assert.Equal([One], Look(one: 3, two: 9));
        Assert.Equal([One], Look(one: 3, two: 9));
    }

    [Fact]
    public void What_a_silo_says_may_be_of_any_time()
    {
        Assert.Empty(Look(one: 5_000, two: -5_000));
        Assert.Empty(Look(one: 4_000, two: -6_000));
        Assert.Empty(Look(one: 4_000, two: -6_000));
        Assert.Empty(Look(one: 3_000, two: -7_000));
    }

    [Fact]
    public void Who_could_not_look_begins_anew()
    {
        Assert.Empty(Look(one: 0, two: 0));
        Assert.Empty(Look(one: 0, two: 0));
        _silent.Forget();
        Assert.Empty(Look(one: 0, two: 0));
        Assert.Empty(Look(one: 0, two: 0));
        Assert.Equal([One, Two], Look(one: 0, two: 0));
    }

    private IReadOnlyList<SiloAddress> Look(int one, int two) => _silent.Look([Spoke(One, one), Spoke(Two, two)]);

    private static MembershipEntry Spoke(SiloAddress silo, int second) =>
        new() { SiloAddress = silo, IAmAliveTime = DateTime.UnixEpoch.AddSeconds(second) };
}

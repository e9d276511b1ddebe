using System.Net;
using ReflectDiT.Eval.Silo.Cluster;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

public sealed class SilentSilosTests
{
    private static readonly SiloAddress One = SiloAddress.New(IPAddress.Loopback, 11111, 1);
    private static readonly SiloAddress Two = SiloAddress.New(IPAddress.Loopback, 11112, 1);

    private readonly SilentSilos _silent = new(TimeSpan.FromSeconds(15));

    [Fact]
    public void A_silo_is_silent_that_says_nothing_new_for_as_long_as_one_listens()
    {
        Assert.Empty(Look(at: 0, one: 0, two: 0));
        Assert.Empty(Look(at: 10_000, one: 10, two: 0));
        Assert.Empty(Look(at: 14_999, one: 10, two: 0));
        Assert.Equal([Two], Look(at: 15_000, one: 10, two: 0));
        Assert.Equal([One, Two], Look(at: 25_000, one: 10, two: 0));
        Assert.Equal([One], Look(at: 26_000, one: 10, two: 26));
    }

    [Fact]
    public void What_a_silo_says_may_be_of_any_time()
    {
        Assert.Empty(Look(at: 0, one: 5_000, two: -5_000));
        Assert.Empty(Look(at: 15_000, one: 4_000, two: -6_000));
    }

    [Fact]
    public void Who_was_deaf_listens_anew()
    {
        Assert.Empty(Look(at: 0, one: 0, two: 0));
        _silent.Forget();
        Assert.Empty(Look(at: 20_000, one: 0, two: 0));
        Assert.Equal([One, Two], Look(at: 35_000, one: 0, two: 0));
    }

    private IReadOnlyList<SiloAddress> Look(long at, int one, int two) => _silent.Look([Spoke(One, one), Spoke(Two, two)], at);

    private static MembershipEntry Spoke(SiloAddress silo, int second) =>
        new() { SiloAddress = silo, IAmAliveTime = DateTime.UnixEpoch.AddSeconds(second) };
}

using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace ReflectDiT.Eval.Grains;

/// <summary>A prompt goes to a silo that has slots and serves its arm; which of them, the sweep's hint says.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ServesArmAttribute() : PlacementFilterAttribute(new ServesArmFilter());

/// <summary>See <see cref="ServesArmAttribute"/>.</summary>
public sealed class ServesArmFilter() : PlacementFilterStrategy(order: 0);

/// <summary>What a silo can serve, as its metadata say it to the other silos.</summary>
public static class SiloOffer
{
    private const string Slots = "slots";
    private const string Arms = "arms";

    /// <param name="arms">Names; null for all.</param>
    public static Dictionary<string, string> Metadata(int slots, IReadOnlyList<string>? arms)
    {
        var metadata = new Dictionary<string, string> { [Slots] = slots.ToString() };
        if (arms is not null)
            metadata[Arms] = string.Join('\n', arms);
        return metadata;
    }

    internal static bool Serves(SiloMetadata silo, string arm) =>
        silo.Metadata.TryGetValue(Slots, out var slots) && slots != "0"
        && (!silo.Metadata.TryGetValue(Arms, out var arms) || arms.Split('\n').Contains(arm));
}

/// <summary>Applies <see cref="ServesArmFilter"/>.</summary>
public sealed class ServesArmDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var arm = PromptKey.Parse(target.GrainIdentity.Key.ToString()!).ArmName;
        return silos.Where(silo => SiloOffer.Serves(metadata.GetSiloMetadata(silo), arm));
    }
}

using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Grains;

/// <summary>A prompt goes to a silo that has slots, serves its arm and does what it waits for; which of them, the sweep's hint says.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ServesArmAttribute() : PlacementFilterAttribute(new ServesArmFilter());

/// <summary>See <see cref="ServesArmAttribute"/>.</summary>
public sealed class ServesArmFilter() : PlacementFilterStrategy(order: 0);

/// <summary>What a silo can serve, as its metadata say it to the other silos.</summary>
public static class SiloOffer
{
    private const string Slots = "slots";
    private const string Arms = "arms";
    private const string Role = "role";

    /// <param name="arms">Names; null for all.</param>
    /// <param name="role">What is done of their chains; null for all.</param>
    public static Dictionary<string, string> Metadata(int slots, IReadOnlyList<string>? arms, ChainRole? role)
    {
        var metadata = new Dictionary<string, string> { [Slots] = slots.ToString() };
        if (arms is not null)
            metadata[Arms] = string.Join('\n', arms);
        if (role is { } only)
            metadata[Role] = only.ToString();
        return metadata;
    }

    internal static bool Serves(SiloMetadata silo, PromptKey prompt) =>
        silo.Metadata.TryGetValue(Slots, out var slots) && slots != "0"
        && (!silo.Metadata.TryGetValue(Arms, out var arms) || arms.Split('\n').Contains(prompt.ArmName))
        && (!silo.Metadata.TryGetValue(Role, out var role) || role == prompt.Needs.ToString());
}

/// <summary>Applies <see cref="ServesArmFilter"/>.</summary>
public sealed class ServesArmDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var prompt = PromptKey.Parse(target.GrainIdentity.Key.ToString()!);
        return silos.Where(silo => SiloOffer.Serves(metadata.GetSiloMetadata(silo), prompt));
    }
}

using System.Globalization;

namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>
/// The user of the operating system as whom PostgreSQL runs. It refuses to run as root, so for root it is the owner
/// of the database's folder; for a new one Debian's user <c>postgres</c>, else <c>nobody</c>.
/// </summary>
internal sealed record ServerUser(uint Id, uint Group, string Name)
{
    private const string OverrideCapability = "+dac_override";

    public static async Task<ServerUser> ForAsync(string cluster, CancellationToken cancellation)
    {
        if (Posix.EffectiveUser != 0)
        {
            return await LookUpAsync(Number(Posix.EffectiveUser), cancellation) ?? throw new PrivateServerException(
                $"User id {Posix.EffectiveUser} has no name in the user database (/etc/passwd); PostgreSQL needs one.");
        }
        string[] candidates = Posix.Status(cluster) is { } status ? [Number(status.User)] : ["postgres", "nobody"];
        foreach (var candidate in candidates)
        {
            if (await LookUpAsync(candidate, cancellation) is { } user)
                return user;
        }
        throw new PrivateServerException(
            $"PostgreSQL does not run as root, and there is no user {string.Join(" or ", candidates)} to run it.");
    }

    public static async Task<ServerUser?> LookUpAsync(string nameOrId, CancellationToken cancellation)
    {
        var (status, output) = await ChildProcess.RunAsync(["getent", "passwd", nameOrId], cancellation);
        var fields = output.Trim().Split(':');
        return status == 0 && fields.Length >= 4
            ? new ServerUser(uint.Parse(fields[2]), uint.Parse(fields[3]), fields[0])
            : null;
    }

    /// <summary>Makes the user the owner of a new file or folder.</summary>
    public void Own(string path)
    {
        if (Id != Posix.EffectiveUser)
            Posix.ChangeOwner(path, Id, Group);
    }

    /// <summary>What stands before a command to run it as this user, in a folder that this user owns.</summary>
    /// <remarks>
    /// The folder may lie below one that only root may enter (/root). The one capability that passes such folders is
    /// then kept; whoever could use it through the server is root already.
    /// </remarks>
    public async Task<IReadOnlyList<string>> PrefixAsync(string folder, CancellationToken cancellation)
    {
        if (Id == Posix.EffectiveUser)
            return [];
        string[] switchUser = ["setpriv", $"--reuid={Id}", $"--regid={Group}", "--init-groups"];
        string[] withOverride =
            [.. switchUser, $"--inh-caps={OverrideCapability}", $"--ambient-caps={OverrideCapability}"];
        foreach (var prefix in new[] { switchUser, withOverride })
        {
            var (status, _) = await ChildProcess.RunAsync([.. prefix, "sh", "-c", "cd \"$0\"", folder], cancellation);
            if (status == 0)
                return prefix;
        }
        throw new PrivateServerException(
            $"PostgreSQL does not run as root, and user {Name} cannot reach {folder}. Choose another data folder.");
    }

    private static string Number(uint id) => id.ToString(CultureInfo.InvariantCulture);
}

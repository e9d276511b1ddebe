using System.Security.Cryptography;
using System.Text;

namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>
/// The folder of the server's Unix socket, open to its user alone. It lies in /tmp under a short name, since a
/// socket's path may have 107 bytes and a data folder may lie deep.
/// </summary>
internal static class SocketFolder
{
    public const int Port = 5432;
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static string PathFor(string dataFolder, uint user)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)));
        return $"/tmp/reflectdit-{user}-{hash[..16]}";
    }

    public static bool HasSocket(string folder) => File.Exists(Path.Combine(folder, $".s.PGSQL.{Port}"));

    /// <summary>Makes the folder anew and empty.</summary>
    public static void Create(string folder, ServerUser user)
    {
        Delete(folder, user.Id);
        Directory.CreateDirectory(folder, OwnerOnly);
        user.Own(folder);
        Verify(folder, user.Id);
    }

    public static void Delete(string folder, uint user)
    {
        if (Posix.Status(folder) is null)
            return;
        if (Posix.Status(folder) is not { IsFolder: true, User: 0 } || Posix.EffectiveUser != 0)
            Verify(folder, user);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Refuses a folder that somebody else put there: a false server could answer in it.</summary>
    public static void Verify(string folder, uint user)
    {
        if (Posix.Status(folder) is not { IsFolder: true } status || status.User != user
            || (status.Mode & 0x1FF) != (int)OwnerOnly)
        {
            throw new PrivateServerException(
                $"{folder} should be a folder of user id {user} with mode 0700, and is not. Somebody else may have "
                + "made it to catch the connection; remove it or have it removed, then try again.");
        }
    }
}

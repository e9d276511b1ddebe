using System.Runtime.InteropServices;
using System.Text;

namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>What .NET does not offer of the operating system: owners of files, signals, real paths.</summary>
internal static partial class Posix
{
    public const int Interrupt = 2;

    private const int CurrentFolder = -100;
    private const int DoNotFollowLinks = 0x100;
    private const uint BasicStatus = 0x7ff;
    private const int PathLimit = 4096;

    public static uint EffectiveUser => geteuid();

    /// <summary>Status of the path itself (a link is not followed), or null if there is nothing.</summary>
    public static FileStatus? Status(string path)
    {
        var buffer = new byte[256];
        if (statx(CurrentFolder, path, DoNotFollowLinks, BasicStatus, buffer) != 0)
            return null;
        // struct statx is the same on every architecture: uid at 20, gid at 24, mode at 28.
        return new FileStatus(
            BitConverter.ToUInt32(buffer, 20), BitConverter.ToUInt32(buffer, 24), BitConverter.ToUInt16(buffer, 28));
    }

    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (lchown(path, user, group) != 0)
            throw new PrivateServerException($"Cannot give {path} to user {user}: {LastError()}");
    }

    public static void Signal(int process, int signal)
    {
        if (kill(process, signal) != 0 && Marshal.GetLastPInvokeError() is not NoSuchProcess)
            throw new PrivateServerException($"Cannot signal process {process}: {LastError()}");
    }

    /// <summary>The path with every symbolic link resolved; it must exist.</summary>
    public static string RealPath(string path)
    {
        var buffer = new byte[PathLimit];
        if (realpath(path, buffer) == 0)
            throw new PrivateServerException($"Cannot resolve {path}: {LastError()}");
        return Encoding.UTF8.GetString(buffer, 0, Array.IndexOf(buffer, (byte)0));
    }

    private const int NoSuchProcess = 3;

    private static string LastError() => Marshal.GetLastPInvokeErrorMessage();

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, [Out] byte[] status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint realpath(string path, [Out] byte[] resolved);
}

internal readonly record struct FileStatus(uint User, uint Group, ushort Mode)
{
    public bool IsFolder => (Mode & 0xF000) == 0x4000;
}

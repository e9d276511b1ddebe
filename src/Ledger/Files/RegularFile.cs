using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ReflectDiT.Eval.Ledger.Files;

/// <summary>
/// Reads files that somebody else named, whole: a device, a pipe or a file without end is refused and not waited for.
/// Every fault is an <see cref="IOException"/> whose message says what was found, and leaves the name to the caller.
/// </summary>
public static partial class RegularFile
{
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int ThisFile = 0x1000; // AT_EMPTY_PATH
    private const uint BasicStatus = 0x7ff;
    private const int AccessDenied = 13;

    /// <summary>The two flags whose bits are not the same on every processor.</summary>
    private static readonly (int Folder, int NoLink) Flags =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? (0x4000, 0x8000) : (0x10000, 0x20000);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="path">May be a link.</param>
    /// <param name="most">Bytes.</param>
    public static byte[] Read(string path, int most)
    {
        using var file = Open(path);
        return Content(file, most);
    }

    /// <summary>Of UTF-8; a byte order mark is left out.</summary>
    /// <param name="most">Bytes.</param>
    public static string ReadText(string path, int most) => Text(Read(path, most));

    /// <summary>A file of a tree: no part of its name may be a link, or lead out.</summary>
    /// <param name="root">May be a link.</param>
    /// <param name="name">From the root, with '/' between its parts.</param>
    /// <param name="most">Bytes.</param>
    public static byte[] ReadWithin(string root, string name, int most)
    {
        var parts = name.Split('/');
        if (parts.Any(p => p is "" or "." or ".." || p.Contains('\0')))
        {
            throw new IOException("its name leads out of the folder");
        }

        var folder = Open(root, Flags.Folder);
        try
        {
            foreach (var part in parts[..^1])
            {
                var inner = Checked(OpenAt((int)folder.DangerousGetHandle(), part, Flags.Folder | Flags.NoLink | CloseOnExec), within: true);
                folder.Dispose();
                folder = inner;
            }

            using var file = Checked(
                OpenAt((int)folder.DangerousGetHandle(), parts[^1], NonBlocking | Flags.NoLink | CloseOnExec), within: true);
            return Content(file, most);
        }
        finally
        {
            folder.Dispose();
        }
    }

    /// <exception cref="IOException">It is no UTF-8.</exception>
    public static string Text(ReadOnlySpan<byte> content)
    {
        try
        {
            return Strict.GetString(content.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content);
        }
        catch (DecoderFallbackException e)
        {
            throw new IOException("not UTF-8 text", e);
        }
    }

    private static SafeFileHandle Open(string path, int flags = 0)
    {
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw new IOException(path.Length == 0 ? "the name of the file is empty" : "a file name cannot hold a NUL character");
        }

        return Checked(OpenAt(CurrentFolder, path, flags | NonBlocking | CloseOnExec), within: false);
    }

    private const int CurrentFolder = -100;
    private const int NotAFolder = 20;
    private const int TooManyLinks = 40;

    private static SafeFileHandle Checked(int descriptor, bool within)
    {
        var error = Marshal.GetLastPInvokeError();
        return descriptor >= 0 ? new(descriptor, ownsHandle: true)
            : within && error is TooManyLinks or NotAFolder ? throw new IOException("it is reached through a link, which is not followed")
            : error == AccessDenied ? throw new IOException($"permission denied to user {Environment.UserName}")
            : throw new IOException(new Win32Exception(error).Message.ToLowerInvariant());
    }

    private static byte[] Content(SafeFileHandle file, int most)
    {
        var status = new byte[256];
        if (StatX((int)file.DangerousGetHandle(), "", ThisFile, BasicStatus, status) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }

        // struct statx is the same on every architecture: mode at 28, size at 40.
        var what = (BitConverter.ToUInt16(status, 28) & 0xF000) switch
        {
            0x8000 => null,
            0x4000 => "a folder",
            0x1000 => "a pipe",
            0xC000 => "a socket",
            _ => "a device",
        };
        if (what is not null)
        {
            throw new IOException($"it is {what}, not a file");
        }

        var size = BitConverter.ToInt64(status, 40);
        if (size > most)
        {
            throw new IOException($"it has {size} bytes: expected at most {most}");
        }

        // One byte more than it should have: it may grow meanwhile, and some files of /proc do not say how large they are.
        var content = new byte[(size == 0 ? Math.Min(most, 1 << 16) : size) + 1];
        var read = 0;
        for (int some; read < content.Length && (some = RandomAccess.Read(file, content.AsSpan(read), read)) > 0;)
        {
            read += some;
        }

        return read < content.Length ? content[..read] : throw new IOException("it grows while it is read");
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int folder, string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, [Out] byte[] status);
}

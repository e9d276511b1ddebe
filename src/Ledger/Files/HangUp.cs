using System.Globalization;
using System.Runtime.InteropServices;

namespace ReflectDiT.Eval.Ledger.Files;

/// <summary>The signals by which somebody asks the process to end.</summary>
public static class HangUp
{
    /// <summary>
    /// Ctrl-C, SIGTERM and SIGHUP, of a terminal that went; without the last where <c>nohup</c> has had it ignored, which a
    /// handler would undo.
    /// </summary>
    public static IReadOnlyList<PosixSignal> Signals { get; } = IsIgnored
        ? [PosixSignal.SIGINT, PosixSignal.SIGTERM]
        : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    private static bool IsIgnored
    {
        get
        {
            try
            {
                const string Ignored = "SigIgn:";
                return File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Ignored, StringComparison.Ordinal)) is { } line
                    && (ulong.Parse(line.AsSpan(Ignored.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 1) != 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}

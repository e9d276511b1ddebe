namespace ReflectDiT.Eval.Core.Text;

/// <summary>
/// Why a file cannot be used, or the program failed, in our own words: the runtime's repeat a path that the message has already, speak of its
/// types, and differ from call to call.
/// </summary>
public static class SystemFault
{
    // Linux's numbers of errors, where the runtime passes them on.
    private const int DamagedDisk = 5;
    private const int Denied = 13;
    private const int Exists = 17;
    private const int NotAFolder = 20;
    private const int AFolder = 21;
    private const int NoSpace = 28;
    private const int ReadOnly = 30;
    private const int LongName = 36;
    private const int TooManyLinks = 40;
    private const int QuotaExceeded = 122;

    /// <summary>The disk, or what this user may have of it, is full.</summary>
    public static bool IsFullDisk(Exception e) => e is IOException && Number(e) is NoSpace or QuotaExceeded;

    /// <summary>Why a file or folder cannot be read or written; its name is left to the caller. No full stop at the end.</summary>
    public static string Of(Exception e) => e switch
    {
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "a folder of its path does not exist, or is a file",
        PathTooLongException => "its name is too long",
        EndOfStreamException => "it ends too early",
        // The runtime says the same of a folder that it is asked to read as a file.
        UnauthorizedAccessException => "permission denied, or it is a folder",
        IOException => Number(e) switch
        {
            DamagedDisk => "the disk reports an error",
            Denied => "permission denied",
            Exists => "a file of this name is already there",
            NotAFolder => "a folder of its path does not exist, or is a file",
            AFolder => "it is a folder",
            NoSpace => "the disk is full",
            ReadOnly => "the file system is read-only",
            LongName => "its name is too long",
            TooManyLinks => "too many symbolic links",
            QuotaExceeded => "the disk quota is used up",
            _ => e.Message.TrimEnd('.'),
        },
        ArgumentException => "no file can have this name",
        _ => e.Message.TrimEnd('.'),
    };

    /// <summary>
    /// A fault of the program itself: what to report, with the place where it happened. The runtime's own sentences ("Object reference not set ...")
    /// say nothing that the type does not.
    /// </summary>
    public static string OfProgram(Exception e)
    {
        var place = e.StackTrace?.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Contains("ReflectDiT.Eval.", StringComparison.Ordinal));
        var method = place?[(place.IndexOf("ReflectDiT.Eval.", StringComparison.Ordinal) + "ReflectDiT.Eval.".Length)..].Split('(')[0];
        var said = e is NullReferenceException or IndexOutOfRangeException or InvalidCastException or KeyNotFoundException or ArgumentOutOfRangeException
            ? ""
            : $": {e.Message}";
        return $"fault of the program, {e.GetType().Name}{(method is null ? "" : $" in {method}")}{said}";
    }

    private static int Number(Exception e) => e.HResult & 0xFFFF;
}

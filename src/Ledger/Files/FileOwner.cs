using System.Globalization;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Ledger.Files;

/// <summary>Whose a file is: what somebody has to know who may not write it.</summary>
public static class FileOwner
{
    /// <summary>The nearest folder or file that is there, with its owner and who asks.</summary>
    public static string Describe(string path)
    {
        var there = Path.GetFullPath(path);
        while (Posix.Status(there) is null && Path.GetDirectoryName(there) is { } above)
        {
            there = above;
        }

        return Posix.Status(there) is { } status
            ? $"{there} belongs to {NameOf(status.User)}, and you are {NameOf(Posix.EffectiveUser)}"
            : $"{there} cannot be inspected";
    }

    private static string NameOf(uint user)
    {
        var number = user.ToString(CultureInfo.InvariantCulture);
        try
        {
            return File.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(f => f.Length > 2 && f[2] == number) is { } fields
                ? $"user {fields[0]}"
                : $"user id {number}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"user id {number}";
        }
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>A folder with PostgreSQL's programs, and their version ("15.18").</summary>
public sealed partial record PostgresBinaries(string Folder, string Version)
{
    public const int OldestMajor = 15;
    private const string DebianFolder = "/usr/lib/postgresql";
    private const string Install = "apt-get install postgresql (as root)";

    public int Major => int.Parse(Version.Split('.')[0], CultureInfo.InvariantCulture);

    internal string Program(string name) => Path.Combine(Folder, name);

    /// <summary>Every installation on this machine, newest first.</summary>
    public static async Task<IReadOnlyList<PostgresBinaries>> FindAllAsync(CancellationToken cancellation)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in await CandidatesAsync(cancellation))
        {
            var (status, output) = await ChildProcess.RunAsync([Path.Combine(folder, "postgres"), "--version"],
                cancellation);
            if (status == 0 && VersionNumber().Match(output) is { Success: true } match)
                found.Add(new PostgresBinaries(folder, match.Value));
        }
        return [.. found.OrderByDescending(binaries => System.Version.Parse(binaries.Version + ".0"))];
    }

    /// <summary>The newest installation, or the newest of the given major version.</summary>
    /// <exception cref="PostgresMissingException">There is none, or only older ones.</exception>
    public static async Task<PostgresBinaries> FindAsync(int? major, CancellationToken cancellation)
    {
        var all = await FindAllAsync(cancellation);
        if (all.FirstOrDefault(b => major is null ? b.Major >= OldestMajor : b.Major == major) is { } match)
            return match;
        var others = string.Join(", ", all.Select(binaries => $"{binaries.Version} in {binaries.Folder}"));
        throw new PostgresMissingException((major, others) switch
        {
            (null, "") => $"PostgreSQL is not installed. Install it with: {Install}",
            (null, _) => $"PostgreSQL {OldestMajor} or newer is needed; there is only {others}. "
                + $"Install it with: {Install}",
            _ => $"The data folder's database was made by PostgreSQL {major}, which is not installed "
                + $"(there is: {(others.Length > 0 ? others : "none")}). "
                + $"Install it with: apt-get install postgresql-{major} (as root), or choose another data folder.",
        });
    }

    private static async Task<IEnumerable<string>> CandidatesAsync(CancellationToken cancellation)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var folders = path.Split(':', StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathRooted).ToList();
        if (Directory.Exists(DebianFolder))
            folders.AddRange(Directory.GetDirectories(DebianFolder).Select(version => Path.Combine(version, "bin")));
        if (folders.Exists(folder => File.Exists(Path.Combine(folder, "pg_config"))))
        {
            var (status, output) = await ChildProcess.RunAsync(["pg_config", "--bindir"], cancellation);
            if (status == 0)
                folders.Add(output.Trim());
        }
        return folders
            .Where(folder => Array.TrueForAll(
                ["initdb", "postgres"], program => File.Exists(Path.Combine(folder, program))))
            .Select(folder => Path.GetDirectoryName(Posix.RealPath(Path.Combine(folder, "postgres")))!)
            .Distinct();
    }

    [GeneratedRegex(@"(?<=\) )\d+(\.\d+)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionNumber();
}

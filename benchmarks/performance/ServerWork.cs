using System.Globalization;
using Npgsql;

namespace ReflectDiT.Eval.Performance;

/// <summary>How long the processes of a database server on this machine have worked, in seconds of a core.</summary>
/// <param name="Reading">Of each session that only reads, as a dashboard's do.</param>
/// <param name="All">Sessions, writers and all that belongs to the server, also those that have ended.</param>
internal sealed record ServerWork(IReadOnlyDictionary<int, double> Reading, double All)
{
    /// <summary>The system counts in these.</summary>
    private const double TicksASecond = 100;

    public static async Task<ServerWork> ReadAsync(NpgsqlDataSource source)
    {
        await using var ask = source.CreateCommand(
            "SELECT pid, application_name = 'reflectdit, reading' FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'");
        await using var sessions = await ask.ExecuteReaderAsync();
        var reading = new Dictionary<int, double>();
        var postmaster = 0;
        while (await sessions.ReadAsync())
        {
            var process = Process(sessions.GetInt32(0));
            postmaster = process.Parent;
            if (sessions.GetBoolean(1))
            {
                reading[sessions.GetInt32(0)] = process.Own;
            }
        }

        var children = Directory.EnumerateDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out var id) ? id : 0).Where(id => id > 0)
            .Select(Process).Where(p => p.Parent == postmaster).Sum(p => p.Own);
        var server = Process(postmaster);
        return new(reading, server.Own + server.OfEnded + children);
    }

    /// <summary>What was done since, by sessions that read and by all.</summary>
    public (double Reading, double All) Since(ServerWork before) =>
        (Reading.Sum(s => s.Value - before.Reading.GetValueOrDefault(s.Key)), All - before.All);

    /// <param name="OfEnded">Of children that have ended.</param>
    private readonly record struct Times(int Parent, double Own, double OfEnded);

    private static Times Process(int id)
    {
        try
        {
            // After the name, which may hold anything: state, parent, ..., and from the twelfth the times.
            var line = File.ReadAllText($"/proc/{id}/stat");
            var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return new(
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                (Ticks(fields[11]) + Ticks(fields[12])) / TicksASecond,
                (Ticks(fields[13]) + Ticks(fields[14])) / TicksASecond);
        }
        catch (IOException)
        {
            return default; // it has just ended
        }

        static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture);
    }
}

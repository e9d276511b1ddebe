using Microsoft.Extensions.Logging;
using Npgsql;

namespace ReflectDiT.Eval.Grains;

/// <summary>Speaks of what is tried again and again: each kind of fault once, until it works again.</summary>
/// <param name="what">Begins the sentence, as in "Feeding a sweep".</param>
public sealed class FaultLog(ILogger log, string what)
{
    private readonly HashSet<string> _said = [];

    public void Failed(Exception fault)
    {
        var cause = Cause(fault);
        if (_said.Add($"{cause.GetType()} {(cause as PostgresException)?.SqlState}"))
            log.TriedAgain(what, cause.GetType().Name, cause.Message);
    }

    public void Worked()
    {
        if (_said.Count > 0)
            log.WorksAgain(what);
        _said.Clear();
    }

    /// <summary>What the database said, else where it all began.</summary>
    private static Exception Cause(Exception fault)
    {
        for (var inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is NpgsqlException)
                return inner;
        }

        return fault.GetBaseException();
    }
}

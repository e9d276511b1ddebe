using Microsoft.Extensions.Logging;
using Npgsql;

namespace ReflectDiT.Eval.Grains;

/// <summary>Speaks of what is tried again and again: each kind of fault once, until it works again.</summary>
/// <param name="what">What does not work, as the beginning of a sentence.</param>
public sealed class FaultLog(ILogger log, string what)
{
    private readonly HashSet<string> _said = [];

    public void Failed(Exception fault)
    {
        var cause = fault.GetBaseException();
        if (_said.Add($"{cause.GetType()} {(cause as PostgresException)?.SqlState}"))
            log.LogWarning("{What}, and is tried again: {Kind}: {Message}", what, cause.GetType().Name, cause.Message);
    }

    public void Worked()
    {
        if (_said.Count > 0)
            log.LogWarning("{What} no longer: it works again", what);
        _said.Clear();
    }
}

using System.Runtime.InteropServices;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Cli;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP (a terminal that went) ask to stop: the first lets the attempts in flight end, the second ends the process at once,
/// which loses those and nothing else.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly ConsoleLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    public StopSignals(ConsoleLog log)
    {
        _log = log;
        _registrations =
            [.. HangUp.Signals.Select(s => PosixSignalRegistration.Create(s, Handle))];
    }

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        Array.ForEach(_registrations, r => r.Dispose());
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            Environment.Exit(ExitCode.Incomplete);
        }

        _log.Say("Stopping: the attempts in flight are finished. A second Ctrl-C or signal ends at once.");
        _stop.Cancel();
    }
}

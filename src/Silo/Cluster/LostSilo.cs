using Microsoft.Extensions.Logging;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// What Orleans cannot survive, above all to learn that the others have found this silo dead, ends the silo and not the
/// process: what its worker still writes, the ledger accepts or refuses.
/// </summary>
internal sealed class LostSilo(CancellationTokenSource lost, ILogger<LostSilo> log) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        log.SiloLost(sender, context, exception);
        try
        {
            lost.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Its end has come already.
        }
    }
}

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>What a silo does again and again, until it is told to stop: whatever fails is tried again.</summary>
internal static class Repeat
{
    public static async Task EveryAsync(
        TimeSpan period, Func<CancellationToken, Task> once, Action<Exception> failed, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(period);
        try
        {
            do
            {
                try
                {
                    await once(stop);
                }
                catch (Exception e) when (!stop.IsCancellationRequested)
                {
                    failed(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // In the middle of it.
        }
    }
}

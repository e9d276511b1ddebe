using System.Collections.Concurrent;
using System.Diagnostics;

namespace ReflectDiT.Eval.Testing;

/// <summary>The statements that reach PostgreSQL from the code that follows, in the order of their ends.</summary>
internal sealed class StatementLog : IDisposable
{
    private readonly Activity _root = new Activity(nameof(StatementLog)).Start();
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<string> _sent = new();

    public StatementLog()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                // Other tests of this process have traces of their own.
                if (activity.TraceId == _root.TraceId && Text(activity) is { } sql)
                {
                    _sent.Enqueue(sql);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyList<string> Sent => [.. _sent];

    public void Dispose()
    {
        _listener.Dispose();
        _root.Dispose();
    }

    private static string? Text(Activity activity) => activity.GetTagItem("db.query.text") as string;
}

using System.Diagnostics;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>
/// The seconds in which the loaded models of a role work, and those in which they rest: two models count twice. A model
/// that is being loaded, or waits for room, does neither. Whoever reads in the middle of a batch or of a rest is told of
/// the part that has passed.
/// </summary>
internal sealed class DeviceSeconds
{
    private readonly Lock _lock = new();
    private long _since = Stopwatch.GetTimestamp();
    private int _loaded;
    private int _atWork;
    private double _busy;
    private double _idle;

    public (double Busy, double Idle) Read()
    {
        lock (_lock)
        {
            Pass();
            return (_busy, _idle);
        }
    }

    public void Change(int loaded, int atWork)
    {
        lock (_lock)
        {
            Pass();
            _loaded += loaded;
            _atWork += atWork;
        }
    }

    private void Pass()
    {
        var now = Stopwatch.GetTimestamp();
        var elapsed = Stopwatch.GetElapsedTime(_since, now).TotalSeconds;
        _since = now;
        _busy += elapsed * _atWork;
        _idle += elapsed * (_loaded - _atWork);
    }
}

/// <summary>Tells of one model, from its loading until it is disposed; its batches may overlap.</summary>
internal sealed class DeviceClock : IDisposable
{
    private readonly Lock _lock = new();
    private readonly DeviceSeconds _seconds;
    private int _batches;

    public DeviceClock(string role)
    {
        _seconds = HostMetrics.SecondsOf(role);
        _seconds.Change(loaded: 1, atWork: 0);
    }

    public void Begin()
    {
        lock (_lock)
        {
            if (_batches++ == 0)
            {
                _seconds.Change(loaded: 0, atWork: 1);
            }
        }
    }

    public void End()
    {
        lock (_lock)
        {
            if (--_batches == 0)
            {
                _seconds.Change(loaded: 0, atWork: -1);
            }
        }
    }

    public void Dispose() => _seconds.Change(loaded: -1, atWork: 0);
}

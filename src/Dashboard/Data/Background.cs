using System.Diagnostics;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>
/// A value that is made anew in the background when it is out of date: who asks has the newest that is there, and waits only
/// for the first.
/// </summary>
/// <param name="make">Given the value that was there before, and what the new one is to be of at least.</param>
/// <param name="mostShare">However many ask, making takes no more than this share of the time.</param>
internal sealed class Background<T>(Func<T?, string, Task<T>> make, double mostShare)
    where T : class
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _sinceMade = new();
    private Task<T>? _making;
    private string? _makingVersion;
    private T? _value;
    private string? _version;
    private TimeSpan _took;

    /// <param name="version">What the value should be of: another text, another value.</param>
    /// <param name="patience">How long the first may take.</param>
    /// <param name="isLast">No other version is expected after this one: it is made at once, whatever share that takes.</param>
    /// <returns>Null when it took longer.</returns>
    public async Task<T?> GetAsync(string version, TimeSpan patience, bool isLast = false)
    {
        Task<T> making;
        lock (_lock)
        {
            Settle();
            if (_version == version || (!isLast && _value is not null && _making is null && _sinceMade.Elapsed * mostShare < _took))
            {
                return _value;
            }

            if (_making is null)
            {
                var before = _value;
                using (ExecutionContext.SuppressFlow()) // it is nobody's who happened to ask first
                {
                    (_making, _makingVersion) = (Task.Run(() => MakeAsync(before, version)), version);
                }
            }

            if (_value is not null)
            {
                return _value;
            }

            making = _making;
        }

        await Task.WhenAny(making, Task.Delay(patience));
        return making.IsCompleted ? await making : null;
    }

    private async Task<T> MakeAsync(T? before, string version)
    {
        var watch = Stopwatch.StartNew();
        var value = await make(before, version);
        _took = watch.Elapsed;
        _sinceMade.Restart();
        return value;
    }

    /// <summary>A fault is told to those who wait for it; the next who asks tries again.</summary>
    private void Settle()
    {
        if (_making is { IsCompleted: true } done)
        {
            if (done.IsCompletedSuccessfully)
            {
                (_value, _version) = (done.Result, _makingVersion);
            }

            (_making, _makingVersion) = (null, null);
        }
    }
}

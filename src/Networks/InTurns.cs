namespace ReflectDiT.Eval.Networks;

/// <summary>Who is on the device, of networks that take turns there; with turns off all of them stay.</summary>
internal sealed class Turns(bool on)
{
    private Action? _leave;

    /// <summary>Whoever is there leaves, for another one or for nobody.</summary>
    public void Change(Action? leave = null)
    {
        if (!on)
            return;
        _leave?.Invoke();
        _leave = leave;
    }
}

/// <summary>
/// A network that is there when it is asked for. Where networks take turns it leaves when another comes, and is read again
/// when it is next asked for: from its files, which the system keeps in memory where there is room.
/// </summary>
internal sealed class InTurns<T>(Turns turns, Func<T> load) : IDisposable
    where T : class, IDisposable
{
    private T? _network;

    public T Network
    {
        get
        {
            if (_network is null)
            {
                turns.Change(Dispose);
                _network = load();
            }

            return _network;
        }
    }

    public void Dispose()
    {
        _network?.Dispose();
        _network = null;
    }
}

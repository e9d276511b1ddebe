using System.Runtime.InteropServices;

namespace ReflectDiT.Eval.Ledger.Files;

/// <summary>
/// Files and folders that are written beside their place until they are whole: a signal that ends the process removes them.
/// </summary>
public sealed class Unfinished : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Paths = [];
    private static PosixSignalRegistration[] _signals = [];

    private readonly string _path;

    /// <param name="path">Nothing is there yet.</param>
    public Unfinished(string path)
    {
        _path = Path.GetFullPath(path);
        lock (Gate)
        {
            Paths.Add(_path);
            if (_signals.Length == 0)
            {
                _signals = [.. HangUp.Signals.Select(signal => PosixSignalRegistration.Create(signal, _ => RemoveForGood()))];
            }
        }
    }

    /// <summary>Makes something of it, unless the process is about to end.</summary>
    public static T Make<T>(Func<T> make)
    {
        lock (Gate)
        {
            return make();
        }
    }

    /// <summary>Removes what is left of it.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            Paths.Remove(_path);
            Remove(_path);
            if (Paths.Count == 0)
            {
                Array.ForEach(_signals, s => s.Dispose());
                _signals = [];
            }
        }
    }

    /// <summary>What the signal does to the process comes after: whoever would make more of it waits here until then.</summary>
    private static void RemoveForGood()
    {
        Gate.Enter();
        foreach (var path in Paths)
        {
            Remove(path);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its folder went, or became another's: nothing more can be done.
        }
    }
}

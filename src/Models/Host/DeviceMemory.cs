using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>
/// What the memory of devices may hold. A model that finds no room waits its turn, and the loaded ones that have rested
/// longest make room for it: each serves who already waits for it, then goes, and is loaded again when it is next needed.
/// </summary>
/// <param name="capacity">Bytes of a device.</param>
internal sealed class DeviceMemory(Func<string, long> capacity)
{
    /// <summary>The share of this machine's memory that models may take: the rest is for images, the database and others.</summary>
    private const double ShareOfProcessor = 0.8;

    /// <summary>The share of an accelerator's memory: the rest is its driver's and libraries'.</summary>
    private const double ShareOfAccelerator = 0.9;

    private readonly Lock _lock = new();
    private readonly List<Place> _taken = [];
    private readonly List<(Place Place, TaskCompletionSource<IDisposable> Granted)> _waiting = [];

    /// <summary>
    /// Of the processor a share of what this process may use, of NVIDIA's devices a share of what they have; of others all that
    /// is asked for.
    /// </summary>
    public static long OfThisMachine(string device) => device == Placement.Processor
        ? (long)(ShareOfProcessor * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
        : CudaMemory.Of(device) is { } bytes ? (long)(ShareOfAccelerator * bytes) : long.MaxValue;

    /// <summary>Waits for room.</summary>
    /// <param name="lastUsed">When it was last asked, as a time stamp; called under a lock.</param>
    /// <param name="leave">Asks it to make room.</param>
    /// <returns>What gives the room back.</returns>
    /// <exception cref="ModelUnavailableException">The device can never hold so much.</exception>
    public Task<IDisposable> TakeAsync(string device, long bytes, Func<long> lastUsed, Action leave)
    {
        var place = new Place(this, device, bytes, lastUsed, leave);
        if (bytes > capacity(device))
        {
            throw new ModelUnavailableException(
                $"it takes {Gib(bytes)} of {device}, which has {Gib(capacity(device))} for models: see memory_gib and offload of its placement");
        }

        var granted = new TaskCompletionSource<IDisposable>(TaskCreationOptions.RunContinuationsAsynchronously);
        List<Place> leaving;
        lock (_lock)
        {
            _waiting.Add((place, granted));
            leaving = Grant();
        }

        leaving.ForEach(p => p.Leave());
        return granted.Task;
    }

    private static string Gib(long bytes) => $"{bytes / (double)(1L << 30):0.##} GiB";

    /// <summary>Lets in who waits, in the order in which they came; a device's first who finds no room stops its others.</summary>
    /// <returns>Who is to leave so that the first of each device finds room.</returns>
    private List<Place> Grant()
    {
        var (leaving, stopped) = (new List<Place>(), new HashSet<string>());
        foreach (var (place, granted) in _waiting.ToList())
        {
            if (stopped.Contains(place.Device))
            {
                continue;
            }

            var there = _taken.Where(p => p.Device == place.Device).ToList();
            var lacking = place.Bytes - (capacity(place.Device) - there.Sum(p => p.Bytes));
            if (place.Bytes == 0 || lacking <= 0)
            {
                _waiting.Remove((place, granted));
                _taken.Add(place);
                granted.SetResult(place);
                continue;
            }

            stopped.Add(place.Device);
            lacking -= there.Where(p => p.IsLeaving).Sum(p => p.Bytes);
            foreach (var resting in there.Where(p => p is { IsLeaving: false, Bytes: > 0 }).OrderBy(p => p.LastUsed()))
            {
                if (lacking <= 0)
                {
                    break;
                }

                resting.IsLeaving = true;
                lacking -= resting.Bytes;
                leaving.Add(resting);
            }
        }

        return leaving;
    }

    private void GiveBack(Place place)
    {
        List<Place> leaving;
        lock (_lock)
        {
            if (!_taken.Remove(place))
            {
                return;
            }

            leaving = Grant();
        }

        leaving.ForEach(p => p.Leave());
    }

    private sealed class Place(DeviceMemory memory, string device, long bytes, Func<long> lastUsed, Action leave) : IDisposable
    {
        public string Device => device;

        public long Bytes => bytes;

        public bool IsLeaving { get; set; }

        public long LastUsed() => lastUsed();

        public void Leave() => leave();

        public void Dispose() => memory.GiveBack(this);
    }
}

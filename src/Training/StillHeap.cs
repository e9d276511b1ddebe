using System.Runtime;

namespace ReflectDiT.Eval.Training;

/// <summary>
/// Keeps the garbage collector from running while libtorch is at work. TorchSharp wraps each number that stands beside a
/// tensor (<c>x + 1e-5</c>) in an object that nothing holds while libtorch reads it: a collection at that moment frees
/// it, and libtorch ends with "Unknown scalar type" or reads another number. In some hundred thousand steps that happens.
/// </summary>
internal sealed class StillHeap : IDisposable
{
    /// <summary>What may be allocated between two collections.</summary>
    private const long Budget = 200L << 20;

    private long _before;
    private bool _held;

    /// <summary>Called where no libtorch is at work: collects if it is time to, and then no more.</summary>
    public void Settle()
    {
        if (_held && GC.GetTotalAllocatedBytes() - _before < Budget / 4)
            return;
        Dispose();
        _held = GCSettings.LatencyMode != GCLatencyMode.NoGCRegion && GC.TryStartNoGCRegion(Budget);
        _before = GC.GetTotalAllocatedBytes();
    }

    public void Dispose()
    {
        // It has ended by itself where more was allocated.
        if (_held && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            GC.EndNoGCRegion();
        _held = false;
    }
}

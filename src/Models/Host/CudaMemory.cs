using System.Globalization;
using System.Runtime.InteropServices;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>What NVIDIA's driver says of its devices; neither libtorch nor CUDA's libraries are needed.</summary>
internal static partial class CudaMemory
{
    private const string Driver = "libcuda.so.1";

    /// <param name="device">As libtorch names it: <c>cuda</c>, <c>cuda:1</c>.</param>
    /// <returns>Bytes that it has; null where there is no such device, or no driver.</returns>
    public static long? Of(string device)
    {
        var parts = device.Split(':');
        return parts[0] == "cuda" && NativeLibrary.TryLoad(Driver, out _)
            && int.TryParse(parts.ElementAtOrDefault(1) ?? "0", CultureInfo.InvariantCulture, out var ordinal)
            && Initialize(0) == 0 && DeviceGet(out var handle, ordinal) == 0 && DeviceTotalMemory(out var bytes, handle) == 0
            ? (long)bytes
            : null;
    }

    [LibraryImport(Driver, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(Driver, EntryPoint = "cuDeviceGet")]
    private static partial int DeviceGet(out int device, int ordinal);

    [LibraryImport(Driver, EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int DeviceTotalMemory(out nuint bytes, int device);
}

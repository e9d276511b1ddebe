using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace ReflectDiT.Eval.Networks;

/// <summary>
/// Where the native libraries of libtorch are, 480 MB that no build copies: in the folder that <c>REFLECTDIT_LIBTORCH</c>
/// names, beside the program, or where NuGet restored them on the machine that built it. They are loaded when the first
/// tensor is made: a command that uses no network never loads them.
/// </summary>
public static class Libtorch
{
    /// <summary>The variable that names a folder with another libtorch 2.10, as that of a Python install (<c>torch/lib</c>).</summary>
    public const string FolderVariable = "REFLECTDIT_LIBTORCH";

    private static readonly Lock Once = new();
    private static bool _loaded;

    /// <summary>The folder that they are loaded from.</summary>
    /// <exception cref="LibtorchMissingException">They are in none of the places; it says which.</exception>
    public static string Folder => Find(Environment.GetEnvironmentVariable(FolderVariable),
    [
        AppContext.BaseDirectory,
        Path.Combine(AppContext.BaseDirectory, "libtorch"),
        Natives,
        Restored,
    ]);

    /// <summary>
    /// Whether the build has marked as weak that TorchSharp's library needs the version GLIBCXX_3.4.32, which this system's
    /// libstdc++ does not have: see cure-libtorchsharp.sh.
    /// </summary>
    public static bool IsCured => IsWeak(File.ReadAllBytes(TorchSharpLibrary));

    /// <summary>An entry of the table of version needs: the ELF hash of the version's name, then its flags, of which 2 is VER_FLG_WEAK.</summary>
    internal static bool IsWeak(ReadOnlySpan<byte> library)
    {
        ReadOnlySpan<byte> weak = [0x42, 0xf8, 0x97, 0x02, 2, 0];
        return library.IndexOf(weak) >= 0;
    }

    private static string TorchSharpLibrary => Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");

    /// <summary>Where a build puts what packages have for one kind of machine: with CUDA all of it.</summary>
    private static string Natives => Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native");

    /// <summary>Where NuGet had it when this was built.</summary>
    private static string Restored => typeof(Libtorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(a => a.Key == "LibtorchFolder")?.Value ?? "";

    /// <param name="named">By the user; then the other places do not count.</param>
    internal static string Find(string? named, IReadOnlyList<string> places) => string.IsNullOrEmpty(named)
        ? places.FirstOrDefault(Holds) ?? throw new LibtorchMissingException(
            $"libtorch_cpu.so is neither in {string.Join(" nor in ", places.Where(p => p.Length > 0))}: "
            + $"let {FolderVariable} name a folder with libtorch 2.10, or build the program on this machine")
        : new[] { named, Path.Combine(named, "lib") }.FirstOrDefault(Holds)
            ?? throw new LibtorchMissingException($"{FolderVariable}={named} holds no libtorch_cpu.so, nor does its folder lib");

    private static bool Holds(string folder) => File.Exists(Path.Combine(folder, "libtorch_cpu.so"));

    /// <summary>Loads them unless they are loaded.</summary>
    /// <exception cref="LibtorchMissingException">They are not there, or this system cannot load them.</exception>
    public static void Load()
    {
        lock (Once)
        {
            if (_loaded)
                return;
            var folder = Folder;
            // Before it is loaded: libtorch asks once. Large tensors then lie on large pages where the system leaves it to programs.
            _ = SetEnvironment("THP_MEM_ALLOC_ENABLE", "1", overwrite: 0);
            // In the order in which each needs those before it: what is loaded is found by its name.
            foreach (var name in new[] { "libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so" })
            {
                var path = Path.Combine(folder, name);
                if (File.Exists(path) || !name.Contains("cuda", StringComparison.Ordinal))
                    Open(path);
            }

            Open(TorchSharpLibrary);
            _loaded = true;
        }
    }

    /// <summary>Of the process: what .NET sets, libraries do not see.</summary>
    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);

    private static IntPtr Open(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            throw new LibtorchMissingException(
                $"{path} cannot be loaded; expected are libtorch 2.10 for Linux on x64, and a program that was built on this system: "
                + e.Message, e);
        }
    }

    /// <summary>Whoever makes a tensor without a call of <see cref="Load"/> before gets here.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It only listens: nothing is loaded before a library is asked for.")]
    internal static void LoadWhenNeeded() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) =>
    {
        if (name is not ("torch_cpu" or "torch_cuda" or "LibTorchSharp"))
            return IntPtr.Zero;
        Load();
        return NativeLibrary.TryLoad($"lib{name}.so", out var loaded) ? loaded : IntPtr.Zero;
    };
}

/// <summary>libtorch is not there, or cannot be loaded.</summary>
public sealed class LibtorchMissingException(string message, Exception? inner = null) : Exception(message, inner);

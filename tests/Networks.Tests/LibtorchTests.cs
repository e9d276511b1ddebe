using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

public sealed class LibtorchTests : IDisposable
{
    /// <summary>The ELF hash of GLIBCXX_3.4.32, which begins its entry among the version needs; its flags follow.</summary>
    private static readonly byte[] Hash = [0x42, 0xf8, 0x97, 0x02];

    private readonly string _folder = Directory.CreateTempSubdirectory("libtorch").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void On_an_older_system_the_need_of_one_version_becomes_weak_and_nothing_else_changes()
    {
        var shipped = Shipped();
        var cured = Cure(shipped, "GLIBCXX_3.4.30");
        var changed = Assert.Single(Enumerable.Range(0, shipped.Length), i => shipped[i] != cured[i]);
        Assert.Equal(shipped.AsSpan().IndexOf(Hash) + Hash.Length, changed);
        Assert.Equal(2, cured[changed]); // VER_FLG_WEAK
        Assert.Equal((true, false), (Libtorch.IsWeak(cured), Libtorch.IsWeak(shipped)));
    }

    [Fact]
    public void A_system_that_needs_no_cure_is_left_alone() => Assert.Equal(Shipped(), Cure(Shipped(), "GLIBCXX_3.4.30\0GLIBCXX_3.4.32"));

    [Fact]
    public void No_build_copies_libtorch() => Assert.Empty(Directory.GetFiles(AppContext.BaseDirectory, "libtorch*", SearchOption.AllDirectories));

    /// <summary>As scripts/KeepNumbers.cs has it: no method of TorchSharp that was optimised holds what libtorch reads.</summary>
    [Fact]
    public void No_method_of_TorchSharp_is_optimised_or_inlined()
    {
        const MethodImplAttributes kept = MethodImplAttributes.NoInlining | MethodImplAttributes.NoOptimization;
        var methods = typeof(torch).Assembly.GetTypes()
            .SelectMany(type => type.GetMembers(BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance))
            .OfType<MethodBase>().Where(method => method.GetMethodBody() is not null).ToList();
        Assert.InRange(methods.Count, 5000, int.MaxValue);
        Assert.All(methods, method => Assert.Equal(kept, method.MethodImplementationFlags & kept));
    }

    /// <summary>Optimised at once, as what runs for hours is in the end: many times a second libtorch would throw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Last(Tensor one, Tensor two)
    {
        using var scope = NewDisposeScope();
        var last = one;
        for (var i = 0; i < 500; i++)
            last = ((one + two) * 1.5f) + 0.25f;
        return last[17].item<float>();
    }

    [Fact]
    public void A_number_beside_a_tensor_outlives_a_garbage_collection()
    {
        Libtorch.Load();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var collecting = new Thread(() =>
        {
            while (!end.IsCancellationRequested)
            {
                GC.Collect(0, GCCollectionMode.Forced);
                Thread.SpinWait(3000); // or nobody else gets to run
            }
        });
        collecting.Start();
        using var mode = inference_mode();
        var (one, two) = (ones(256), full([256], 2f));
        while (!end.IsCancellationRequested)
            Assert.Equal(4.75f, Last(one, two));
        collecting.Join();
    }

    [Fact]
    public void The_folder_that_the_user_names_goes_before_all_others()
    {
        foreach (var place in new[] { "named/lib", "beside" })
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, place)).FullName, "libtorch_cpu.so"), "");
        var (named, beside) = (Path.Combine(_folder, "named"), Path.Combine(_folder, "beside"));
        Assert.Equal(Path.Combine(named, "lib"), Libtorch.Find(named, [beside]));
        Assert.Equal(beside, Libtorch.Find(null, [_folder, beside]));
        Assert.Contains(_folder, Assert.Throws<LibtorchMissingException>(() => Libtorch.Find(_folder, [beside])).Message, StringComparison.Ordinal);
        Assert.Contains(Libtorch.FolderVariable, Assert.Throws<LibtorchMissingException>(() => Libtorch.Find(null, [_folder])).Message, StringComparison.Ordinal);
    }

    /// <summary>TorchSharp's library without any cure.</summary>
    private static byte[] Shipped()
    {
        var library = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"));
        library[library.AsSpan().IndexOf(Hash) + Hash.Length] = 0;
        return library;
    }

    private byte[] Cure(byte[] library, string versions)
    {
        var (source, target, libstdcxx) = (Path.Combine(_folder, "source.so"), Path.Combine(_folder, "target.so"), Path.Combine(_folder, "libstdc++.so"));
        File.WriteAllBytes(source, library);
        File.WriteAllText(libstdcxx, versions);
        var script = Path.Combine(GoldenCase.Repository, "../../../src/Networks/cure-libtorchsharp.sh");
        using var process = Process.Start(new ProcessStartInfo("bash", [script, source, target, libstdcxx]))!;
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, process.ExitCode);
        return File.ReadAllBytes(target);
    }
}

using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>
/// Random changes of real files, with a fixed seed, for some seconds; <c>benchmarks/performance -- fuzz</c> goes on for as long as one
/// likes.
/// </summary>
public sealed class FuzzTests
{
    [Fact]
    public void No_file_ends_a_reader_with_anything_but_its_own_refusal()
    {
        using var fuzz = new Fuzz(
            Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps"),
            Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fixtures")).Select(File.ReadAllBytes));
        var (files, faults) = fuzz.Run(seed: 1, TimeSpan.FromSeconds(12));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.InRange(files, 100, int.MaxValue);
    }
}

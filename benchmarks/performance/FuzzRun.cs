using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Performance;

/// <summary>The fuzz test of the readers, for as long as one likes.</summary>
internal static class FuzzRun
{
    /// <param name="images">A folder of images, such as tests/Images.Tests/fixtures.</param>
    public static int Run(int seconds, int seed, string images)
    {
        using var fuzz = new Fuzz(
            Path.Combine(AppContext.BaseDirectory, "benchmarks", "geneval", "sweeps"), Directory.GetFiles(images).Select(File.ReadAllBytes));
        var (files, faults) = fuzz.Run(seed, TimeSpan.FromSeconds(seconds));
        Console.WriteLine($"{files} files, {faults.Count} kinds of faults, {Environment.WorkingSet >> 20} MiB");
        foreach (var fault in faults)
        {
            Console.WriteLine(fault);
        }

        return faults.Count == 0 ? 0 : 1;
    }
}

using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>Every golden case of the repository, and of the folder that REFLECTDIT_GOLDENS names, against our code.</summary>
public sealed class GoldenTests
{
    /// <summary>The folder and, where the case has tensors of both, the precision.</summary>
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var folder in GoldenCase.Folders())
        {
            var golden = GoldenCase.Open(folder);
            if (GoldenKinds.NotYetBuilt.Contains(golden.Kind))
                continue;
            cases.Add(Shown(folder), "fp32");
            if (golden.TensorsOf(ScalarType.BFloat16) is not null)
                cases.Add(Shown(folder), "bf16");
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Agrees(string folder, string precision)
    {
        var golden = GoldenCase.Open(Path.Combine(GoldenCase.Repository, folder));
        Assert.True(GoldenKinds.Runners.TryGetValue(golden.Kind, out var run),
            $"{folder} is of the kind \"{golden.Kind}\", which GoldenKinds does not list");
        Libtorch.Load();
        set_num_threads(1); // of tensors so small more threads cost more than they do
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var golds = new GoldenRun(golden, precision == "bf16" ? ScalarType.BFloat16 : ScalarType.Float32);
        run(golds);
        var off = golds.FirstDivergence();
        Assert.True(off is null, off);
    }

    [Fact]
    public void Every_kind_is_built_or_said_not_to_be() =>
        Assert.Empty(GoldenCase.Folders().Select(GoldenCase.Open)
            .Where(golden => GoldenKinds.Runners.ContainsKey(golden.Kind) == GoldenKinds.NotYetBuilt.Contains(golden.Kind))
            .Select(golden => $"{golden.Folder}: {golden.Kind}"));

    /// <summary>Those of the repository by their names there, so that a test's name is the same everywhere.</summary>
    private static string Shown(string folder) => folder.StartsWith(GoldenCase.Repository, StringComparison.Ordinal)
        ? Path.GetRelativePath(GoldenCase.Repository, folder)
        : folder;
}

using System.Text;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

public sealed class NetworkCommandTests
{
    private static readonly string Goldens = Path.Combine(FindRoot(), "tests/Networks.Tests/Goldens");

    [Fact]
    public async Task Check_says_what_a_folder_is_and_how_it_differs_from_what_was_published()
    {
        var run = await InProcess.RunAsync(["models", "check", Path.Combine(Goldens, "sana-transformer-1.0")]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("transformer: SanaTransformer2DModel", run.Out);
        Assert.Contains("of Float32", run.Out);
        Assert.Matches("digest [0-9a-f]{64}", run.Out);
        Assert.Contains("the nearest is sana-1.0-1600m.transformer", run.Out);
        Assert.Contains("missing (", run.Out);
        Assert.Contains("of another shape (", run.Out);
    }

    [Fact]
    public async Task Check_refuses_a_file_whose_header_lies_by_its_name()
    {
        using var folder = new TemporaryFolder();
        folder.Write("model.safetensors", "\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001 no header");
        var run = await InProcess.RunAsync(["models", "check", folder.Root]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("model.safetensors is no sound safetensors file", run.Error);
    }

    /// <summary>As its own process: here a variable is set that no command may look at unless it draws.</summary>
    [Fact]
    public async Task Draw_alone_looks_for_libtorch()
    {
        using var folder = new TemporaryFolder();
        var snapshot = Directory.CreateDirectory(folder.At("snapshot")).FullName;
        foreach (var (name, golden) in new[]
            {
                ("tokenizer", "sana-pipeline-1.0/tokenizer"), ("text_encoder", "sana-pipeline-1.0/text_encoder"),
                ("scheduler", "sana-pipeline-1.0/scheduler"), ("vae", "dc-ae-linear/vae"), ("transformer", "sana-pipeline-1.0/transformer"),
            })
        {
            Directory.CreateSymbolicLink(Path.Combine(snapshot, name), Path.Combine(Goldens, golden));
        }

        string[] nowhere = [$"REFLECTDIT_LIBTORCH={folder.Root}"];
        var check = await EndAsync(["models", "check", snapshot], nowhere);
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        string[] draw = ["draw", snapshot, "--prompt", "a red cat", "--seed", "7", "--steps", "2", "--size", "64", "--out", folder.At("cat.png")];
        var refused = await EndAsync(draw, nowhere);
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains($"REFLECTDIT_LIBTORCH={folder.Root} holds no libtorch_cpu.so", refused.Error);

        var drawn = await EndAsync(draw, []);
        Assert.Equal((0, true), (drawn.ExitCode, drawn.Out.StartsWith(folder.At("cat.png"), StringComparison.Ordinal)));
        Assert.Contains("step 2 of 2", drawn.Error);
        Assert.Equal("PNG", Encoding.ASCII.GetString(File.ReadAllBytes(folder.At("cat.png")), 1, 3));
    }

    private static async Task<CliProcess> EndAsync(string[] arguments, string[] variables)
    {
        await using var command = await RunningCli.StartAsync(arguments, within: variables);
        return await command.EndAsync();
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(BuiltProgram.Folder);
        while (!File.Exists(Path.Combine(folder.FullName, "ReflectDiT.Eval.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("No ReflectDiT.Eval.sln above the program.");
        return folder.FullName;
    }
}

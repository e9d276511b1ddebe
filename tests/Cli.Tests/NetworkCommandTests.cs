using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
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
        Assert.Contains("model.safetensors is not a sound safetensors file", run.Error);
    }

    /// <summary>As its own process: here a variable is set that no command may look at unless it draws.</summary>
    [Fact]
    public async Task Draw_alone_looks_for_libtorch()
    {
        using var folder = new TemporaryFolder();
        var snapshot = Snapshot(folder);
        string[] nowhere = [$"REFLECTDIT_LIBTORCH={folder.Root}"];
        var check = await EndAsync(["models", "check", snapshot], nowhere);
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.Matches(@"memory for 1024 x 1024 in fp32: [0-9.]+ GiB, with offload [0-9.]+ GiB \(text encoder .*, transformer .*, autoencoder .*\)", check.Out);
        string[] draw = ["draw", snapshot, "--prompt", "a red cat", "--seed", "7", "--steps", "2", "--size", "64", "--out", folder.At("cat.png")];
        var refused = await EndAsync(draw, nowhere);
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains($"REFLECTDIT_LIBTORCH={folder.Root} holds no libtorch_cpu.so", refused.Error);

        var drawn = await EndAsync(draw, []);
        Assert.Equal((0, true), (drawn.ExitCode, drawn.Out.StartsWith(folder.At("cat.png"), StringComparison.Ordinal)));
        Assert.Contains("step 2 of 2", drawn.Error);
        Assert.Equal("PNG", Encoding.ASCII.GetString(File.ReadAllBytes(folder.At("cat.png")), 1, 3));
    }

    /// <summary>A dtype is slow or not by what the very machine measures.</summary>
    [Fact]
    public async Task Doctor_says_of_a_sweep_which_models_are_slow_do_not_fit_or_are_not_there()
    {
        using var folder = new TemporaryFolder();
        folder.Write("sana.json", """{"model": "small", "dtype": "bf16"}""");
        folder.Write("huge.json", """{"model": "huge", "dtype": "fp32", "height": 4096, "width": 4096}""");
        var (there, sweep) = (Snapshot(folder), folder.Write("sweep.yaml", $$"""
            name: small
            benchmark: {kind: geneval}
            seed: 0
            models:
              there: {kind: sana, parameters: sana.json, placement: {path: /nowhere} }
              nowhere: {kind: sana, batch: 2, parameters: sana.json, placement: {path: /nowhere} }
              huge: {kind: sana, batch: 1024, parameters: huge.json, placement: {path: "{{folder.At("snapshot")}}"} }
              judge: {kind: simulated, parameters: "{{Path.Combine(FindRoot(), "benchmarks/geneval/simulated/judge.json")}}"}
            arms:
              - {name: a, generator: there, judge: judge, strategy: {kind: best-of-n, n: 1, selector: first-accept} }
              - {name: b, generator: nowhere, judge: judge, strategy: {kind: best-of-n, n: 1, selector: first-accept} }
              - {name: c, generator: huge, judge: judge, strategy: {kind: best-of-n, n: 1, selector: first-accept} }
            """));
        var here = folder.Write("here.yaml", $"there: {{path: \"{there}\"}}\n");
        var run = await InProcess.RunAsync(["doctor", "--data", folder.At("data"), "--sweep", sweep, "--models", here]);

        Assert.Equal("", run.Error);
        Assert.Equal(4, run.ExitCode);
        Assert.Matches(@"ok      model 'there' \(small \(sana\)\) takes [0-9.]+ GiB of cpu, which has [0-9.]+ GiB for models", run.Out);
        Assert.Matches("MISSING model 'nowhere' .* cannot be loaded: .*/nowhere", run.Out);
        Assert.Matches("MISSING model 'huge' .*: see offload of its placement", run.Out);
        var measured = Regex.Match(run.Out, "bf16 takes (?<times>[0-9.]+) times as long as fp32", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        var slow = double.Parse(measured.Groups["times"].Value, CultureInfo.InvariantCulture) > 3;
        Assert.Equal(slow, run.Out.Contains("SLOW    model 'there' computes in bf16", StringComparison.Ordinal));
        Assert.Matches("GLIBCXX_3.4.32, .* is (marked weak|left alone)", run.Out);
    }

    private static string Snapshot(TemporaryFolder folder)
    {
        var snapshot = Directory.CreateDirectory(folder.At("snapshot")).FullName;
        foreach (var (name, golden) in new[]
            {
                ("tokenizer", "sana-pipeline-1.0/tokenizer"), ("text_encoder", "sana-pipeline-1.0/text_encoder"),
                ("scheduler", "sana-pipeline-1.0/scheduler"), ("vae", "dc-ae-linear/vae"), ("transformer", "sana-pipeline-1.0/transformer"),
            })
        {
            Directory.CreateSymbolicLink(Path.Combine(snapshot, name), Path.Combine(Goldens, golden));
        }

        return snapshot;
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

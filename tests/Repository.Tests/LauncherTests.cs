using System.Diagnostics;

namespace ReflectDiT.Eval.Repository.Tests;

/// <summary><c>./reflectdit</c> and the sources that it builds, with a dotnet that only counts: when is the program built again?</summary>
public sealed class LauncherTests : IDisposable
{
    /// <summary>Notes each build, and leaves what the SDK would leave.</summary>
    private const string CountingDotnet =
        """
        #!/bin/sh
        case $1 in
          --list-sdks) echo '10.0.100 [/nowhere]' ;;
          build)
            echo built >>"$ROOT/builds"
            mkdir -p "$ROOT/artifacts/publish/ReflectDiT.Eval.Cli/release" ;;
        esac
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("reflectdit-launcher-").FullName;

    public LauncherTests()
    {
        foreach (var file in new[] { "reflectdit", "scripts/prerequisites.sh", "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(file))!);
            File.Copy(Path.Combine(Repository.Root, file), At(file));
        }

        Write("src/Cli/Program.cs");
        Write("benchmarks/geneval/sweeps/demo.yaml");
        Write("benchmarks/shapes/sweeps/demo.yaml");
        File.WriteAllText(At("dotnet"), CountingDotnet);
        File.SetUnixFileMode(At("dotnet"), (UnixFileMode)0b111_101_101);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_program_is_built_once()
    {
        await RunAsync();
        await RunAsync();
        Assert.Equal(1, Builds);
    }

    [Theory]
    [InlineData("src/Cli/Another.cs")]
    [InlineData("src/Cli/Program.cs")]
    [InlineData("benchmarks/geneval/sweeps/demo.yaml")]
    [InlineData("benchmarks/shapes/sweeps/demo.yaml")]
    [InlineData("global.json")]
    public async Task A_file_that_it_is_built_from_builds_it_again_when_it_changes(string file)
    {
        await RunAsync();
        Write(file, "changed, and of another length");
        await RunAsync();
        Assert.Equal(2, Builds);
    }

    [Theory]
    [InlineData("benchmarks/geneval/sweeps/.reflectdit/postgres/postmaster.pid")]
    [InlineData("benchmarks/geneval/.reflectdit/images/0.png")]
    [InlineData("src/.reflectdit/artifacts/ab/cd.yaml")]
    [InlineData(".reflectdit/images/0.png")]
    [InlineData("docs/notes.md")]
    public async Task What_a_run_leaves_in_the_folder_where_it_was_started_builds_nothing(string file)
    {
        await RunAsync();
        Write(file);
        await RunAsync(Path.GetDirectoryName(At(file))!);
        Assert.Equal(1, Builds);
    }

    [Fact]
    public async Task A_part_that_is_not_there_is_told_with_those_that_are()
    {
        using var run = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "test"), ["Cores"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        var error = await run.StandardError.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("There is no part 'Cores'; known: Analysis Benchmarks Cli Core ", error, StringComparison.Ordinal);
    }

    private int Builds => File.ReadAllLines(At("builds")).Length;

    private string At(string file) => Path.Combine(_root, file);

    private void Write(string file, string text = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(file))!);
        File.WriteAllText(At(file), text);
    }

    private async Task RunAsync(string? folder = null)
    {
        using var run = Process.Start(new ProcessStartInfo(At("reflectdit"), ["--version"])
        {
            UseShellExecute = false,
            WorkingDirectory = folder ?? _root,
            RedirectStandardError = true,
            Environment = { ["ROOT"] = _root, ["SSL_CERT_DIR"] = "/", ["PATH"] = $"{_root}:{Environment.GetEnvironmentVariable("PATH")}" },
        })!;
        var error = await run.StandardError.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, error);
    }
}

using System.Diagnostics;
using System.Text;

namespace ReflectDiT.Eval.Repository.Tests;

public sealed class FormatTests
{
    [Fact]
    public async Task Source_is_formatted_as_editorconfig_says()
    {
        using var format = Process.Start(new ProcessStartInfo("dotnet",
            ["format", Repository.Solution, "--verify-no-changes", "--no-restore", "--verbosity", "minimal"])
        {
            UseShellExecute = false,
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = format.StandardError.ReadToEndAsync();
        var output = await format.StandardOutput.ReadToEndAsync() + await errors;
        await format.WaitForExitAsync();
        Assert.True(format.ExitCode == 0, $"To mend it: dotnet format {Repository.Solution}\n{output}");
        // Without its references a project is not looked at, which would pass too.
        Assert.DoesNotContain("references did not load", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_files_are_utf8_without_byte_order_mark_and_with_line_feeds() =>
        Repository.AssertNone(Repository
            .Files(".cs", ".md", ".sql", ".yaml", ".json", ".jsonl", ".csproj", ".props", ".sh")
            .Where(file => !IsPlain(File.ReadAllBytes(Path.Combine(Repository.Root, file))))
            .Select(file => $"{file} has a byte order mark, a carriage return or bytes that are not UTF-8"));

    private static bool IsPlain(byte[] bytes)
    {
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(bytes);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        return !bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) && !bytes.Contains((byte)'\r');
    }
}

using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace ReflectDiT.Eval.Repository.Tests;

public sealed partial class FormatTests
{
    /// <summary>Style, unused directives and names are the compiler's to refuse: analyzers run with every build.</summary>
    [Fact]
    public async Task Source_is_formatted_as_editorconfig_says()
    {
        using var format = Process.Start(new ProcessStartInfo("dotnet",
            ["format", "whitespace", "--folder", ".", "--verify-no-changes", "--verbosity", "minimal",
                "--exclude", .. Repository.Generated])
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
    }

    [Fact]
    public void Using_directives_are_in_order_those_of_the_system_first() =>
        Repository.AssertNone(Repository.Files(".cs")
            .Select(file => (File: file, Names: Using().Matches(Repository.Read(file)).Select(u => u.Groups["name"].Value).ToList()))
            .Where(source => !source.Names.SequenceEqual(source.Names
                .OrderBy(name => name.Split('.')[0] != "System").ThenBy(name => name, StringComparer.OrdinalIgnoreCase)))
            .Select(source => $"{source.File}: to mend it: dotnet format {Repository.Solution}"));

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

    [GeneratedRegex(@"^using (?<name>[\w.]+);$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Using();
}

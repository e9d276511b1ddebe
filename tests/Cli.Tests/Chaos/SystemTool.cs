using System.Diagnostics;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>A program of the operating system.</summary>
internal static class SystemTool
{
    /// <exception cref="System.ComponentModel.Win32Exception">It is not installed.</exception>
    public static async Task<(int ExitCode, string Error)> TryAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error.Trim());
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        var (exit, error) = await TryAsync(program, arguments);
        Assert.True(exit == 0, $"{program} {string.Join(' ', arguments)}: {error}");
    }
}

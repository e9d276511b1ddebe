using System.ComponentModel;
using System.Diagnostics;

namespace ReflectDiT.Eval.Ledger.Server;

/// <summary>Programs of the operating system, run in a clean environment and away from the terminal.</summary>
internal static class ChildProcess
{
    /// <summary>Runs the command to its end; both of its outputs come back as one text.</summary>
    public static async Task<(int Status, string Output)> RunAsync(
        IReadOnlyList<string> command, CancellationToken cancellation, string input = "")
    {
        using var process = Start(command);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            await WriteInputAsync(process, input);
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public static Process Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            // A folder that any user may enter: PostgreSQL's programs want to come back to where they began.
            WorkingDirectory = "/",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsForeign).ToList())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new PrivateServerException($"Cannot run {command[0]}: {error.Message}");
        }
    }

    /// <summary>Variables by which a user's own PostgreSQL settings would reach ours.</summary>
    private static bool IsForeign(string variable) => variable.StartsWith("PG", StringComparison.Ordinal);

    private static async Task WriteInputAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading it all; its exit status tells the rest.
        }
    }
}

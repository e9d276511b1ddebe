using System.Diagnostics;
using System.Text;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>What the built command did when it was run as a process.</summary>
internal sealed record CliProcess(int ExitCode, string Out, string Error)
{
    public static Task<CliProcess> RunAsync(params string[] args) => RunWithInputAsync("", args);

    public static async Task<CliProcess> RunWithInputAsync(string input, params string[] args)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "reflectdit.dll"));
        foreach (var arg in args)
            start.ArgumentList.Add(arg);

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return new CliProcess(process.ExitCode, await output, await error);
    }
}

using System.Diagnostics;
using System.Text;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>The built command, while it runs as a process.</summary>
internal sealed class RunningCli : IAsyncDisposable
{
    /// <summary>Longer than any command takes that is not stuck.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromMinutes(10);

    private const string DatabaseVariable = "REFLECTDIT_DATABASE";

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;
    private int _disposed;

    private RunningCli(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public bool IsDisposed => _disposed == 1;

    /// <param name="database">The value of the variable that names the database; unset when null.</param>
    /// <param name="within">What stands before the command, and becomes it.</param>
    public static async Task<RunningCli> StartAsync(
        string[] args, string input = "", string? database = null, IReadOnlyList<string>? within = null)
    {
        string[] command =
        [
            // What a shell runs in the background ignores Ctrl-C, and what nohup runs a terminal's end: tests too, and so would
            // all that they start.
            "env", "--default-signal=INT", "--default-signal=HUP",
            .. within ?? [],
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            BuiltProgram.Path,
            .. args,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        // It ends before code that is compiled a second time, to be faster, has paid for that.
        start.Environment["DOTNET_TC_CallCounting"] = "0";
        start.Environment.Remove(DatabaseVariable);
        if (database is not null)
            start.Environment[DatabaseVariable] = database;

        var running = new RunningCli(Process.Start(start)!);
        await running._process.StandardInput.WriteAsync(input);
        running._process.StandardInput.Close();
        return running;
    }

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => Signal("INT");

    /// <param name="name">Without SIG, as <c>kill</c> knows it.</param>
    public void Signal(string name) => ProcessSignal.Send(_process.Id, name);

    /// <summary>SIGKILL, to this process alone.</summary>
    public void Kill() => _process.Kill(entireProcessTree: false);

    public async Task<CliProcess> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(LongestEnd);
        return new CliProcess(_process.ExitCode, await _output, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>What the built command did when it was run as a process.</summary>
internal sealed record CliProcess(int ExitCode, string Out, string Error)
{
    public static Task<CliProcess> RunAsync(params string[] args) => RunWithInputAsync("", args);

    public static async Task<CliProcess> RunWithInputAsync(string input, params string[] args)
    {
        await using var command = await RunningCli.StartAsync(args, input);
        return await command.EndAsync();
    }
}

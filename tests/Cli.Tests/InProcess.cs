using System.Reflection;
using System.Text;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>
/// The command within the process of the tests, for what does not depend on a process of its own: to start one takes
/// many times as long as most commands.
/// </summary>
internal static class InProcess
{
    private static readonly Routed Out = new(Console.Out);
    private static readonly Routed Error = new(Console.Error);

    static InProcess()
    {
        Console.SetOut(Out);
        Console.SetError(Error);
    }

    public static async Task<CliProcess> RunAsync(string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var status = await Task.Run(() =>
        {
            Out.Here.Value = TextWriter.Synchronized(output);
            Error.Here.Value = TextWriter.Synchronized(error);
            return (int)Assembly.Load("reflectdit").EntryPoint!.Invoke(null, [args])!;
        });
        return new(status, output.ToString(), error.ToString());
    }

    /// <summary>What one command writes is told from what others write at the same time.</summary>
    private sealed class Routed(TextWriter elsewhere) : TextWriter
    {
        public AsyncLocal<TextWriter?> Here { get; } = new();

        public override Encoding Encoding => elsewhere.Encoding;

        public override void Write(char value) => (Here.Value ?? elsewhere).Write(value);

        public override void Write(string? value) => (Here.Value ?? elsewhere).Write(value);

        public override void Write(char[] buffer, int index, int count) => (Here.Value ?? elsewhere).Write(buffer, index, count);

        public override void Flush() => (Here.Value ?? elsewhere).Flush();
    }
}

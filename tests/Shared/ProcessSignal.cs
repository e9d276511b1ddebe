using System.Diagnostics;

namespace ReflectDiT.Eval.Testing;

/// <summary>Signals a process, as <c>kill</c> does.</summary>
internal static class ProcessSignal
{
    /// <param name="name">Without SIG.</param>
    public static void Send(int process, string name)
    {
        // That of the shell: the program is not on every machine.
        using var kill = Process.Start("bash", ["-c", $"kill -{name} {process}"]);
        kill.WaitForExit();
    }
}

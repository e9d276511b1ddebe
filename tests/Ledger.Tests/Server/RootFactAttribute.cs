using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ReflectDiT.Eval.Ledger.Tests.Server;

/// <summary>A test that only root can carry out, since it acts as more than one user.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootFactAttribute : FactAttribute
{
    private readonly string? _othersRun;

    public RootFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "Needs root: it acts as a second user.";
    }

    /// <summary>A program that the second user must be able to run.</summary>
    public string? OthersRun
    {
        get => _othersRun;
        init
        {
            _othersRun = value;
            if (Skip is null && !OthersCanRun(value!))
                Skip = $"Needs {value} where every user can run it; here only root can.";
        }
    }

    private static bool OthersCanRun(string program)
    {
        using var process = Process.Start("setpriv",
            ["--reuid=daemon", "--clear-groups", "sh", "-c", $"cd / && test -x \"$(command -v {program})\""]);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

namespace ReflectDiT.Eval.Cli;

/// <summary>What the command's end tells the caller. Shown in every <c>--help</c>.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Usage = 1;
    public const int Incomplete = 2;
    public const int Failures = 3;
    public const int Infrastructure = 4;
    public const int Inconclusive = 5;

    public const string Help = """
        Exit codes:
          0  done
          1  usage: a wrong option, or input that cannot be read
          2  incomplete: stopped before the end
          3  more failures than the threshold allows
          4  infrastructure: database, disk, or a fault of the program
          5  compare: inconclusive, neither arm is shown to be better
        Ctrl-C, SIGTERM and SIGHUP: run, demo and plan --pilot finish the attempts in flight, train its step, and end with 2,
        worker with 0. Ctrl-C ends status --watch and dashboard with 0. Any other command ends at once, with 130 (Ctrl-C), 143 or
        129.
        """;
}

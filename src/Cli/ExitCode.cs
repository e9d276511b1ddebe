namespace ReflectDiT.Eval.Cli;

/// <summary>What the number that a command ends with tells the caller. Shown by <c>reflectdit help exit-codes</c>.</summary>
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
          2  incomplete: the command was stopped before its end, or chains of the sweep are missing
          3  more failures than the sweep tolerates (calls.tolerated_failures)
          4  infrastructure: database, disk, or a fault of the program
          5  compare: inconclusive, neither arm is shown to be better

        After Ctrl-C, SIGTERM or SIGHUP:
          run, demo, plan --pilot, rescore, score IMAGES  finish the images in flight, then end with 2
          train                                           finishes the step in flight, then ends with 2
          worker                                          finishes the attempts in flight, then ends with 0
          status --watch, dashboard                       end with 0 after Ctrl-C
          any other command                               ends at once: 130 (Ctrl-C), 143 (SIGTERM) or 129 (SIGHUP)
        """;
}

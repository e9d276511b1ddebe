using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using ReflectDiT.Eval.Cli.Commands;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli;

/// <summary>The command <c>reflectdit</c>: help, errors and exit codes, the same for every verb.</summary>
internal static class CommandLine
{
    private const string Description = """
        Is reflection better than best-of-N, by how much, and could it be noise?
        What can run:
          shapes     small networks that come with the program; any laptop: demo
          GenEval    SANA, Reflect-DiT, Qwen2.5-VL and Mask2Former from weights that
                     you have downloaded; a GPU: run SWEEP.yaml
          endpoints  models behind an OpenAI-compatible server: run SWEEP.yaml
          simulated  stand-ins that follow the published curves: demo geneval
        """;

    public static RootCommand Create()
    {
        var root = new RootCommand(Description);
        foreach (var verb in Verbs.All())
            root.Add(verb);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithPointer((HelpAction)help.Action!);
        root.SetAction(_ =>
        {
            root.Parse(["--help"]).Invoke();
            return ExitCode.Usage;
        });
        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Create().Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors)
                ConsoleLog.SayFault(parsed, error.Message);
            Terminal.Say($"reflectdit {string.Concat(Asked(parsed).Reverse().Select(v => v + " "))}--help shows what is possible");
            return ExitCode.Usage;
        }

        if (EmptyValue(parsed) is { } empty)
        {
            ConsoleLog.SayFault(parsed, $"{empty}: expected a value, found none");
            return ExitCode.Usage;
        }

        try
        {
            // No handling of signals here: it would end a run two seconds after Ctrl-C, whatever is in flight.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
#pragma warning disable CA1031 // The last resort: whatever went wrong, the user reads a sentence.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var cause = FaultText.Cause(e);
            var (status, text) = cause switch
            {
                UsageException or SweepNotFoundException => (ExitCode.Usage, cause.Message),
                OperationCanceledException => (ExitCode.Incomplete, "interrupted"),
                _ => (ExitCode.Infrastructure, FaultText.Of(cause)),
            };
            ConsoleLog.SayFault(parsed, text);
            return status;
        }
    }

    /// <summary>What was asked for, the innermost first.</summary>
    private static IEnumerable<string> Asked(ParseResult parsed)
    {
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } verb; at = at.Parent)
        {
            yield return verb.Command.Name;
        }
    }

    /// <summary>The option or argument that was given nothing: an unset variable of a script, most often.</summary>
    private static string? EmptyValue(ParseResult parsed) => parsed.CommandResult.Children
        .Where(c => c.Tokens.Any(t => string.IsNullOrWhiteSpace(t.Value)))
        .Select(c => c is OptionResult option ? option.Option.Name : ((ArgumentResult)c).Argument.Name)
        .FirstOrDefault();

    private sealed class HelpWithPointer(HelpAction inner) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var result = inner.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(HelpCommand.Pointer);
            return result;
        }
    }
}

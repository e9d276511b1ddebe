using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Cli;

/// <summary>The command <c>reflectdit</c>: help, errors and exit codes, the same for every verb.</summary>
internal static class CommandLine
{
    private const string Description =
        "Evaluates text-to-image generation on GenEval: best-of-N sampling against reflection.";

    public static async Task<int> RunAsync(string[] args, IEnumerable<Command> verbs)
    {
        var root = new RootCommand(Description);
        foreach (var verb in verbs)
            root.Add(verb);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        root.SetAction(_ =>
        {
            root.Parse(["--help"]).Invoke();
            return ExitCode.Usage;
        });

        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors)
                ConsoleLog.SayFault(parsed, error.Message);
            var verb = parsed.CommandResult.Command;
            var path = verb is RootCommand ? "" : verb.Name + " ";
            await Console.Error.WriteLineAsync($"reflectdit {path}--help shows what is possible");
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
        catch (Exception e) when (e is UsageException or SweepNotFoundException)
        {
            ConsoleLog.SayFault(parsed, e.Message);
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            ConsoleLog.SayFault(parsed, "interrupted");
            return ExitCode.Incomplete;
        }
        catch (Exception e) when (e is LedgerException or IOException or UnauthorizedAccessException or ModelUnavailableException)
        {
            ConsoleLog.SayFault(parsed, e.Message);
            return ExitCode.Infrastructure;
        }
#pragma warning disable CA1031 // The last resort: whatever went wrong, the user reads a sentence.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ConsoleLog.SayFault(parsed, $"fault of the program: {e.GetType().Name}: {e.Message}");
            return ExitCode.Infrastructure;
        }
    }

    private sealed class HelpWithExitCodes(HelpAction inner) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var result = inner.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(ExitCode.Help);
            return result;
        }
    }
}

using System.CommandLine;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit help</c>: the help of a command, as its <c>--help</c>, and what is the same for all of them.</summary>
internal static class HelpCommand
{
    /// <summary>What every command's help ends with.</summary>
    public const string Pointer = $"Exit codes: reflectdit help {ExitCodes}";

    private const string ExitCodes = "exit-codes";

    public static Command Create()
    {
        var about = new Argument<string[]>("COMMAND")
        {
            Description = $"A command, or {ExitCodes}: what the number that a command ends with says",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("help", "Show the help of a command, or what exit codes say") { about };
        command.SetAction(parsed =>
        {
            var words = parsed.GetValue(about) ?? [];
            if (words is [ExitCodes])
            {
                parsed.InvocationConfiguration.Output.WriteLine(ExitCode.Help);
                return ExitCode.Done;
            }

            var root = parsed.RootCommandResult.Command;
            var at = root;
            foreach (var word in words)
            {
                at = at.Subcommands.FirstOrDefault(c => c.Name == word)
                    ?? throw new UsageException($"there is no help about '{string.Join(' ', words)}'; known: "
                        + string.Join(", ", root.Subcommands.Select(c => c.Name).Append(ExitCodes)));
            }

            return root.Parse([.. words, "--help"]).Invoke(parsed.InvocationConfiguration);
        });
        return command;
    }
}

using System.CommandLine;
using ReflectDiT.Eval.Cli.Commands;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>
/// Every command in a block of code of README and docs works when it is pasted: it parses; the sweep that it names is one that can be run;
/// and what is quick is run, from the repository's root and in order, on a ledger of its own. What sentences say of commands is
/// mostly a part of one: there is such a command, with these options.
/// </summary>
[Collection(nameof(SmallSweeps))]
public sealed class DocumentedCommandTests(SmallSweeps sweeps)
{
    /// <summary>Pages that are run from end to end. Other pages need weights, a GPU, a server, a cluster or somebody's files.</summary>
    public static TheoryData<string> WholePages => ["docs/guides/compare-two-arms.md"];

    /// <summary>Verbs that go on until they are stopped.</summary>
    private static readonly string[] Endless = ["dashboard", "worker"];

    [Fact]
    public void A_command_has_options_and_arguments_that_are_known()
    {
        var root = CommandLine.Create();
        Assert.InRange(DocumentedCommand.All.Count, 30, 1000);
        AssertNone(DocumentedCommand.All.SelectMany(command => root.Parse(command.Arguments).Errors.Select(e => $"{command}\n    {e.Message}")));
    }

    [Fact]
    public void A_sentence_speaks_of_commands_and_options_that_there_are()
    {
        var root = CommandLine.Create();
        var spoken = DocumentedCommand.InSentences([.. root.Subcommands.Select(c => c.Name)]).ToList();
        Assert.InRange(spoken.Count, 80, 10_000);
        AssertNone(spoken.SelectMany(command => Unknown(root, command.Arguments).Select(word => $"{command}\n    there is no '{word}'")));
    }

    [Theory]
    [InlineData("so `run --detach` and `reflectdit dashbord` do", "run|--detach", "dashbord")]
    [InlineData("of `runs` and `./reflectdit` alone, `docker run --gpus`", "", "")]
    public void Commands_are_found_in_a_sentence(string line, string first, string second) => Assert.Equal(
        new[] { first, second }.Where(c => c.Length > 0),
        DocumentedCommand.InSentencesOf("page", ["```", line, "```", line], ["run"]).Select(c => string.Join('|', c.Arguments)));

    [Theory]
    [InlineData("run --detach --limit=4", "")]
    [InlineData("models check FOLDER --nothing", "--nothing")]
    [InlineData("dashbord", "dashbord")]
    public void What_is_unknown_is_told(string command, string unknown) => Assert.Equal(
        unknown.Length > 0 ? [unknown] : [], Unknown(CommandLine.Create(), command.Split(' ')));

    [Fact]
    public void A_command_is_written_as_it_is_pasted_from_the_root() => AssertNone(DocumentedCommand.All
        .Where(command => !command.Page.EndsWith("kubernetes.md", StringComparison.Ordinal))
        .Where(command => !File.ReadAllLines(Path.Combine(DocumentedCommand.Root, command.Page))[command.Line - 1].Contains("./reflectdit ", StringComparison.Ordinal))
        .Select(command => $"{command}\n    expected ./reflectdit"));

    /// <summary>Reads them and the files that they name; no model is loaded.</summary>
    [Fact]
    public void A_sweep_of_the_repository_that_is_named_is_there_and_can_be_planned() => AssertNone(DocumentedCommand.All
        .Where(command => command.Arguments is ["run" or "plan", var file, ..] && file.Contains('/'))
        .SelectMany(command => Fault(() => RunCommand.Read(
            Path.Combine(DocumentedCommand.Root, command.Arguments[1]),
            [.. command.Arguments.Index().Where(a => a.Item == "--set").Select(a => command.Arguments[a.Index + 1])]))
            .Select(fault => $"{command}\n    {fault}")));

    [Theory]
    [MemberData(nameof(WholePages))]
    public async Task The_commands_of_a_page_do_what_it_says(string page)
    {
        await using var ledger = await LedgerFolder.InAsync(sweeps.Server);
        var commands = DocumentedCommand.All.Where(c => c.Page == page && !Endless.Contains(c.Arguments[0])).ToList();
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            var run = await ledger.RunAsync([.. command.Arguments.Select(Rooted)]);
            Assert.True(run.ExitCode is ExitCode.Done or ExitCode.Inconclusive, $"{command}\n{run.Error}");
        }
    }

    [Theory]
    [InlineData("./reflectdit run a.yaml --set 'b={c: 1}' # why", "run|a.yaml|--set|b={c: 1}")]
    [InlineData("REFLECTDIT_DATABASE=x ./reflectdit status > file", "status")]
    [InlineData("cd x && ./reflectdit compare 'a/+ b' \"a/c d\"; echo", "compare|a/+ b|a/c d")]
    [InlineData("kubectl exec deploy/worker -- dotnet /app/reflectdit.dll status", "status")]
    [InlineData("git clone reflectdit fresh", null)]
    public void A_line_is_split_as_by_a_shell(string line, string? arguments) => Assert.Equal(
        arguments is null ? [] : [arguments],
        DocumentedCommand.Of("page", ["```", line, "```", "```yaml", line, "```"]).Select(c => string.Join('|', c.Arguments)));

    private static IEnumerable<string> Unknown(Command command, IReadOnlyList<string> words)
    {
        List<Command> path = [command];
        while (words.Count >= path.Count && path[^1].Subcommands.FirstOrDefault(c => c.Name == words[path.Count - 1]) is { } next)
            path.Add(next);
        if (path.Count == 1)
            return words[0] == "COMMAND" ? [] : [words[0]]; // any of them
        var known = path[^1].Options.Concat(path.SelectMany(c => c.Options.Where(o => o.Recursive)))
            .SelectMany(o => o.Aliases.Append(o.Name)).ToHashSet();
        return words.Select(word => word.Split('=')[0]).Where(word => word.StartsWith("--", StringComparison.Ordinal) && !known.Contains(word));
    }

    private static string Rooted(string argument) =>
        argument.Contains('/') && File.Exists(Path.Combine(DocumentedCommand.Root, argument)) ? Path.Combine(DocumentedCommand.Root, argument) : argument;

    private static IEnumerable<string> Fault(Action read)
    {
        try
        {
            read();
            return [];
        }
        catch (UsageException e)
        {
            return [e.Message];
        }
    }

    private static void AssertNone(IEnumerable<string> faults)
    {
        var all = string.Join('\n', faults);
        Assert.True(all.Length == 0, all);
    }
}

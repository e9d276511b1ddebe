using System.Text;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>A command of the program in a block of code of a page.</summary>
/// <param name="Page">From the repository's root.</param>
internal sealed record DocumentedCommand(string Page, int Line, IReadOnlyList<string> Arguments)
{
    private static readonly string[] Programs = ["./reflectdit", "reflectdit", "/app/reflectdit.dll"];

    public static string Root { get; } = FindRoot();

    public string Place => $"{Page}:{Line}";

    private static IEnumerable<string> Pages => new[] { "docs", "benchmarks" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Root, "*.md"))
        .Select(file => Path.GetRelativePath(Root, file))
        .Where(file => !file.Contains("/.", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    /// <summary>All of them, page by page in their order.</summary>
    public static IReadOnlyList<DocumentedCommand> All { get; } = [.. Pages.SelectMany(page => Of(page, File.ReadAllLines(Path.Combine(Root, page))))];

    /// <summary>What sentences say of commands: <c>run --detach</c> is a part of one, with or without the program's name.</summary>
    /// <param name="commands">The names of the program's commands.</param>
    public static IEnumerable<DocumentedCommand> InSentences(IReadOnlyCollection<string> commands) =>
        Pages.SelectMany(page => InSentencesOf(page, File.ReadAllLines(Path.Combine(Root, page)), commands));

    public override string ToString() => $"{Place}: reflectdit {string.Join(' ', Arguments)}";

    internal static IEnumerable<DocumentedCommand> Of(string page, IReadOnlyList<string> lines)
    {
        var inShell = false;
        var inBlock = false;
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                inBlock = !inBlock;
                inShell = inBlock && lines[i][3..].Trim() is "" or "sh" or "bash";
                continue;
            }

            if (!inShell)
                continue;
            var (first, line) = (i, lines[i]);
            while (line.EndsWith('\\') && i + 1 < lines.Count)
                line = line[..^1] + lines[++i];
            foreach (var words in Words(line))
            {
                if (words.FindIndex(Programs.Contains) is >= 0 and var at && (at == 0 || words[at - 1] == "dotnet" || words.Take(at).All(w => w.Contains('='))))
                    yield return new(page, first + 1, words[(at + 1)..]);
            }
        }
    }

    internal static IEnumerable<DocumentedCommand> InSentencesOf(string page, IReadOnlyList<string> lines, IReadOnlyCollection<string> commands)
    {
        var inBlock = false;
        foreach (var (number, line) in lines.Index())
        {
            inBlock ^= line.StartsWith("```", StringComparison.Ordinal);
            if (inBlock)
                continue;
            foreach (var words in line.Split('`').Where((_, place) => place % 2 == 1).Select(span => Words(span)[0]))
            {
                var isNamed = words is [var first, _, ..] && Programs.Contains(first);
                if (isNamed || (words is [var name, _, ..] && commands.Contains(name)))
                    yield return new(page, number + 1, isNamed ? words[1..] : words);
            }
        }
    }

    /// <summary>The commands of a line as a shell splits them: quotes, comments, <c>;</c>, <c>&amp;&amp;</c>, <c>|</c> and what follows <c>&gt;</c>.</summary>
    private static List<List<string>> Words(string line)
    {
        List<List<string>> commands = [[]];
        var word = new StringBuilder();
        var (quote, begun) = ('\0', false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
                else
                    word.Append(c);
            }
            else if (c is '\'' or '"')
            {
                (quote, begun) = (c, true);
            }
            else if (c == '#' && !begun)
            {
                break;
            }
            else if (c is ' ' or ';' or '&' or '|' or '>')
            {
                End();
                if (c == '>')
                    break;
                if (c != ' ')
                    commands.Add([]);
            }
            else
            {
                begun = true;
                word.Append(c);
            }
        }

        End();
        return commands;

        void End()
        {
            if (begun)
                commands[^1].Add(word.ToString());
            word.Clear();
            begun = false;
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ReflectDiT.Eval.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("There is no solution above the tests.");
        return folder.FullName;
    }
}

using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ReflectDiT.Eval.Repository.Tests;

public sealed partial class LayoutTests
{
    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read(Repository.Solution);
        Repository.AssertNone(Repository.Files(".csproj")
            .Where(project => !solution.Contains($"\"{project.Replace('/', '\\')}\"", StringComparison.Ordinal))
            .Select(project => $"{project} is not in {Repository.Solution}"));
    }

    /// <summary>What a part may build on. Whoever needs another arrow draws it here first, and says why.</summary>
    [Fact]
    public void A_part_builds_on_those_below_it_alone()
    {
        string[] pure = [];
        var below = new Dictionary<string, string[]>
        {
            ["Core"] = pure,
            ["Images"] = pure,
            ["Analysis"] = ["Core"],
            ["Benchmarks"] = ["Core", "Images"],
            ["Networks"] = ["Core", "Images"],
            ["Training"] = ["Core", "Images", "Benchmarks", "Networks"],
            ["Models"] = ["Core", "Images", "Benchmarks", "Networks"],
            ["Ledger"] = ["Core", "Analysis"],
            ["Dashboard"] = ["Core", "Images", "Analysis", "Benchmarks", "Ledger"],
            ["Exchange"] = ["Core", "Images", "Analysis", "Benchmarks", "Ledger"], // decodes what it takes in
            ["Runner"] = ["Core", "Benchmarks", "Ledger", "Models"],
            ["Grains"] = ["Core", "Ledger", "Runner"],
            ["Silo"] = ["Core", "Ledger", "Runner", "Grains"],
            ["Cli"] =
            [
                "Core", "Images", "Analysis", "Benchmarks", "Networks", "Training", "Models", "Ledger", "Dashboard", "Exchange", "Runner", "Grains",
                "Silo",
            ],
        };
        var projects = Repository.Files(".csproj").Where(file => file.StartsWith("src/", StringComparison.Ordinal)).ToList();
        Assert.Equal(below.Keys.Order(), projects.Select(file => file.Split('/')[1]).Order());
        Repository.AssertNone(projects.SelectMany(file => XDocument.Parse(Repository.Read(file)).Descendants("ProjectReference")
            .Select(reference => reference.Attribute("Include")!.Value.Split('/')[1])
            .Except(below[file.Split('/')[1]])
            .Select(part => $"{file} refers to {part}")));
    }

    /// <summary>A change of one benchmark touches one folder. Shapes are GenEval in small: they have its categories and its rules.</summary>
    [Fact]
    public void Its_folder_alone_knows_of_a_benchmarks_categories_and_rules()
    {
        Repository.AssertNone(Repository.Files(".cs", ".sql")
            .Where(file => file.StartsWith("src/", StringComparison.Ordinal)
                && !file.StartsWith("src/Benchmarks/GenEval/", StringComparison.Ordinal)
                && !file.StartsWith("src/Benchmarks/Shapes/", StringComparison.Ordinal))
            .SelectMany(file => OfGenEval().Matches(Repository.Read(file)).Select(found => $"{file} speaks of {found.Value}")));
    }

    [Fact]
    public void Package_versions_stand_in_one_file() =>
        Repository.AssertNone(Repository.Files(".csproj", ".props", ".targets")
            .Where(file => file != "Directory.Packages.props")
            .SelectMany(file => XDocument.Parse(Repository.Read(file)).Descendants()
                .Where(element => element.Name.LocalName is "PackageVersion" || element.Name.LocalName
                    is "PackageReference" && element.Attributes().Any(attribute => attribute.Name.LocalName
                    is "Version" or "VersionOverride"))
                .Select(element => $"{file}: {element}")));

    [Fact]
    public void Every_central_package_version_is_used()
    {
        var used = Repository.Files(".csproj", ".props")
            .SelectMany(file => XDocument.Parse(Repository.Read(file)).Descendants("PackageReference"))
            .Select(element => element.Attribute("Include")!.Value).ToHashSet();
        // FSharp.Core is pinned for FsCheck, which brings it.
        used.Add("FSharp.Core");
        Repository.AssertNone(XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .Select(element => element.Attribute("Include")!.Value)
            .Where(package => !used.Contains(package)).Select(package => $"{package} is not used"));
    }

    [Fact]
    public void Links_in_markdown_lead_to_files() =>
        Repository.AssertNone(Repository.Files(".md").SelectMany(file => Link().Matches(Repository.Read(file))
            .Select(link => link.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#'))
            .Where(target => !Path.Exists(Path.Combine(
                Repository.Root, Path.GetDirectoryName(file)!, Uri.UnescapeDataString(target.Split('#')[0]))))
            .Select(target => $"{file} links to {target}")));

    [Fact]
    public void Links_in_markdown_lead_to_headings() =>
        Repository.AssertNone(Repository.Files(".md").SelectMany(file => Link().Matches(Repository.Read(file))
            .Select(link => link.Groups["target"].Value.Split('#'))
            .Where(target => target.Length == 2 && !target[0].Contains("://", StringComparison.Ordinal) && (target[0].Length == 0 || target[0].EndsWith(".md", StringComparison.Ordinal)))
            .Where(target => !Headings(target[0].Length == 0 ? file : Path.Combine(Path.GetDirectoryName(file)!, target[0])).Contains(target[1]))
            .Select(target => $"{file} links to {target[0]}#{target[1]}")));

    /// <summary>As where half of a document was pasted below itself.</summary>
    [Fact]
    public void No_document_has_a_heading_twice() =>
        Repository.AssertNone(Repository.Files(".md").SelectMany(file => Headings(file).GroupBy(heading => heading)
            .Where(heading => heading.Count() > 1).Select(heading => $"{file}: {heading.Key}")));

    [Theory]
    [InlineData("reflectdit")]
    [InlineData("test")]
    [InlineData(".ci/run")]
    public void A_command_of_the_repository_can_be_executed(string script) =>
        Assert.True(File.GetUnixFileMode(Path.Combine(Repository.Root, script)).HasFlag(UnixFileMode.UserExecute));

    /// <summary>As links name them: in lower case, without signs, words joined by a hyphen.</summary>
    private static List<string> Headings(string file) =>
    [
        // Code is in every other part.
        .. Repository.Read(file).Split("```").Where((_, part) => part % 2 == 0)
            .SelectMany(text => text.Split('\n')).Where(line => line.StartsWith('#'))
            .Select(line => NoWord().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-')),
    ];

    [GeneratedRegex(
        "single_object|two_object|color_attr|\"counting\"|\"position\"|\"colors\"|GenEvalRules|PromptMetadata|ScoringOptions|ObjectNames|Palette\\.(?:Colours|Relations)|\\bCorrect\\b|\"correct\"",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex OfGenEval();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoWord();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>An image cannot be built without an engine; what its build expects of this repository can be checked.</summary>
public sealed class DockerfileTests
{
    private static readonly List<string[]> Lines = [.. Manifests.Read("deploy", "containers", "Dockerfile").Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    private static IEnumerable<string[]> Instructions(string name) => Lines.Where(line => line[0] == name);

    private static string Project => Instructions("RUN")
        .Select(words => words.Single(word => word.EndsWith(".csproj", StringComparison.Ordinal))).Distinct().Single();

    [Fact]
    public void What_is_copied_suffices_to_evaluate_every_project_that_is_published()
    {
        var copy = Directory.CreateTempSubdirectory("reflectdit-image-");
        try
        {
            foreach (var words in Instructions("COPY").Where(words => !words[1].StartsWith("--", StringComparison.Ordinal)))
            {
                foreach (var source in words[1..^1])
                    Copy(source, copy.FullName);
            }

            var pending = new Queue<string>([Path.Combine(copy.FullName, Project)]);
            var seen = new HashSet<string>();
            while (pending.TryDequeue(out var project))
            {
                Assert.True(File.Exists(project), $"{project} is not copied");
                if (!seen.Add(project))
                    continue;
                foreach (var reference in XDocument.Load(project).Descendants("ProjectReference"))
                    pending.Enqueue(Path.GetFullPath(reference.Attribute("Include")!.Value, Path.GetDirectoryName(project)!));
            }

            var evaluated = Evaluate(Path.Combine(copy.FullName, Project), "-getProperty:AssemblyName", "-getItem:Content");
            Assert.Equal(
                Instructions("ENTRYPOINT").Single()[^1].Trim('"', ']'),
                $"/app/{evaluated["Properties"]!["AssemblyName"].Text()}.dll");
            Assert.Contains(
                evaluated["Items"]!["Content"].Items(), c => c["Link"]?.Text() == "benchmarks/geneval/sweeps/demo.yaml");
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    [Fact]
    public void Images_are_pinned_and_the_last_is_the_runtime_that_the_program_asks_for()
    {
        var stages = Instructions("FROM").Select(words => words.ElementAtOrDefault(3)).ToList();
        var images = Instructions("FROM").Select(words => words[1]).Where(image => !stages.Contains(image)).ToList();
        Assert.All(images, image => Assert.Matches(@"^mcr\.microsoft\.com/dotnet/(sdk|aspnet):\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}$", image));
        var configuration = Path.Combine(BuiltProgram.Folder, "reflectdit.runtimeconfig.json");
        var wanted = JsonNode.Parse(File.ReadAllText(configuration))!["runtimeOptions"]!["frameworks"].Items()
            .Single(framework => framework["name"].Text() == "Microsoft.AspNetCore.App");
        Assert.Equal(wanted["version"].Text().Split('.')[..2], images[^1].Split(':')[1].Split('.')[..2]);
    }

    /// <summary>Not every feed has NVIDIA's packages: which of them are asked for can be seen without.</summary>
    [Fact]
    public void The_stage_for_GPUs_takes_libtorch_with_CUDA_in_place_of_that_for_processors()
    {
        var stage = Lines.SkipWhile(words => words is not ["FROM", .., "build-gpu"]).Skip(1).TakeWhile(words => words[0] != "FROM").Single();
        var properties = stage.Where(word => word.StartsWith("-p:", StringComparison.Ordinal)).ToArray();
        var networks = Path.Combine(Manifests.Root, "src/Networks/ReflectDiT.Eval.Networks.csproj");
        var packages = Evaluate(networks, [.. properties, "-getItem:PackageReference"])["Items"]!["PackageReference"]
            .Items().Select(package => package["Identity"].Text()).ToList();
        Assert.Contains("TorchSharp-cuda-linux", packages);
        Assert.DoesNotContain("libtorch-cpu-linux-x64", packages);
        Assert.Contains(Lines.SkipWhile(words => words is not ["FROM", .., "gpu"]), words => words is ["COPY", "--from=build-gpu", "/app", "/app"]);
    }

    [Fact]
    public void The_context_of_the_build_is_what_is_copied_and_nothing_else() =>
        Assert.Equal(
            Instructions("COPY").Where(words => !words[1].StartsWith("--", StringComparison.Ordinal)).SelectMany(words => words[1..^1])
                .Select(source => $"!{source}").Prepend("*").Order(StringComparer.Ordinal),
            Manifests.Read(".dockerignore").Split('\n').Where(line => line.Length > 0 && line[0] != '#').Order(StringComparer.Ordinal));

    [Fact]
    public void The_user_of_the_image_is_the_user_of_the_pods()
    {
        var user = Manifests.Pod("worker").Spec["securityContext"]!;
        Assert.Equal(Instructions("USER").Single()[1], $"{user["runAsUser"]}:{user["runAsGroup"]}");
    }

    [Fact]
    public void The_tag_of_the_image_is_the_version_of_the_program()
    {
        var version = XDocument.Parse(Manifests.Read("Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.All(new[] { "worker", "submit" }.Select(name => Manifests.Pod(name).Container["image"].Text()),
            image => Assert.EndsWith($"reflectdit:{version}", image, StringComparison.Ordinal));
    }

    private static void Copy(string source, string target)
    {
        var found = source.StartsWith('*')
            ? Directory.GetFiles(Manifests.Root, source)
            : [Path.Combine(Manifests.Root, source)];
        Assert.NotEmpty(found);
        var files = found.SelectMany(
            p => Directory.Exists(p) ? Directory.GetFiles(p, "*", SearchOption.AllDirectories) : [p]);
        foreach (var path in files)
        {
            var copy = Path.Combine(target, Path.GetRelativePath(Manifests.Root, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }

    private static JsonNode Evaluate(string project, params string[] what)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["msbuild", project, .. what, "-getProperty:TargetFramework"])
        { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return JsonNode.Parse(output)!;
    }
}

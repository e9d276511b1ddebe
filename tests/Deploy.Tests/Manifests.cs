using System.Text.Json.Nodes;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>The Kubernetes objects of this repository.</summary>
internal static class Manifests
{
    private const string Unmerged = "unmerged";

    public static string Root { get; } = FindRoot();

    /// <summary>The overlays; where Kustomize is missing, the parts that they are made of.</summary>
    public static string[] Overlays => Kubectl.Missing is null ? ["cpu-demo", "gpu"] : [Unmerged];

    public static IReadOnlyList<JsonNode> Of(string overlay) => overlay == Unmerged
        ? [.. Parts("base"), .. Parts("postgres"), Sweep()]
        : YamlDocuments.Read(Kubectl.Kustomize(Path.Combine(Root, "deploy", "k8s", "overlays", overlay)));

    public static IReadOnlyList<Pod> Pods(string overlay) =>
        [.. Of(overlay).Where(o => o["spec"]?["template"] is not null).Select(o => new Pod(o))];

    public static Pod Pod(string name) =>
        Pods(Overlays[0]).Single(p => p.Name == name);

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    public static IEnumerable<JsonNode> Items(this JsonNode? list) =>
        list is null ? [] : list.AsArray().Select(item => item!);

    public static string Text(this JsonNode? node) => node!.GetValue<string>();

    private static IEnumerable<JsonNode> Parts(string folder)
    {
        var files = YamlDocuments.Read(Read("deploy", "k8s", folder, "kustomization.yaml")).Single()["resources"];
        return files.Items().SelectMany(file => YamlDocuments.Read(Read("deploy", "k8s", folder, file.Text())));
    }

    private static JsonObject Sweep() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "sweep" },
        ["data"] = new JsonObject { ["sweep.yaml"] = Read("deploy", "k8s", "base", "sweep.yaml") },
    };

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ReflectDiT.Eval.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("No solution above the tests.");
        return folder.FullName;
    }
}

/// <summary>What a Deployment, StatefulSet or Job starts: a pod of one container.</summary>
internal sealed record Pod(JsonNode Owner)
{
    public string Name => Owner["metadata"]!["name"].Text();

    public JsonNode Spec => Owner["spec"]!["template"]!["spec"]!;

    public JsonNode Container => Spec["containers"].Items().Single();

    public IReadOnlyList<string> Args => [.. Container["args"].Items().Select(a => a.Text())];

    public IEnumerable<(string Name, int Number)> Ports =>
        Container["ports"].Items().Select(p => (p["name"].Text(), (int)p["containerPort"]!.GetValue<double>()));

    /// <summary>What the kubelet asks of it.</summary>
    public IEnumerable<JsonNode> Probes =>
        new[] { "startupProbe", "readinessProbe", "livenessProbe" }.Select(Probe).OfType<JsonNode>();

    /// <summary>Its own and, of a StatefulSet, those made for it.</summary>
    public IEnumerable<string> Volumes => Spec["volumes"].Items().Select(v => v["name"].Text())
        .Concat(Owner["spec"]!["volumeClaimTemplates"].Items().Select(c => c["metadata"]!["name"].Text()));

    public JsonNode? Probe(string name) => Container[name];

    public bool IsSelectedBy(JsonNode selector)
    {
        var labels = Owner["spec"]!["template"]!["metadata"]!["labels"]!;
        return (selector["matchLabels"]?.AsObject() ?? []).All(l => labels[l.Key]?.Text() == l.Value.Text())
            && selector["matchExpressions"].Items().All(e => e["operator"].Text() == "In"
                && e["values"].Items().Any(v => v.Text() == labels[e["key"].Text()]?.Text()));
    }

    public override string ToString() => Name;
}

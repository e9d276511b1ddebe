using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>What the API server, the scheduler and the kubelet would find wrong, or only when it is too late.</summary>
public sealed partial class ManifestTests
{
    public static TheoryData<string> All => [.. Manifests.Overlays];

    [KubectlFact]
    public void Overlays_of_the_folder_are_those_that_are_tested() =>
        Assert.Equal(
            Directory.GetDirectories(Path.Combine(Manifests.Root, "deploy", "k8s", "overlays"))
                .Select(folder => Path.GetFileName(folder)!).Order(),
            Manifests.Overlays.Order());

    [Theory]
    [MemberData(nameof(All))]
    public void Objects_are_valid_by_the_API_schema(string overlay) =>
        AssertNone(Manifests.Of(overlay).SelectMany(o => ApiSchema.Faults(o).Select(f => $"{Name(o)}: {f}")));

    [Theory]
    [InlineData("spec:\n  maxUnavailable: 1\n  minAvailble: 1", "minAvailble is unknown")]
    [InlineData("spec:\n  maxUnavailable: [1]", "maxUnavailable: array where string or number was expected")]
    [InlineData("spec:\n  selector:\n    matchExpressions: [{key: a}]", "operator is missing")]
    [InlineData("spec:\n  unhealthyPodEvictionPolicy: 3", "unhealthyPodEvictionPolicy: 3 is none of")]
    public void A_wrong_object_is_found_out(string spec, string fault)
    {
        var budget = YamlDocuments.Read("apiVersion: policy/v1\nkind: PodDisruptionBudget\n" + spec).Single();
        Assert.Contains(fault, string.Join('\n', ApiSchema.Faults(budget)), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_selector_selects_pods(string overlay)
    {
        var pods = Manifests.Pods(overlay);
        AssertNone(Manifests.Of(overlay)
            .SelectMany(o => Selectors(o).Select(selector => (Owner: o, Selector: selector)))
            .Where(s => !pods.Any(p => p.IsSelectedBy(s.Selector)))
            .Select(s => $"{Name(s.Owner)} selects nothing with {s.Selector.ToJsonString()}"));
        AssertNone(pods
            .Where(p => p.Owner["spec"]!["selector"] is { } selector && !p.IsSelectedBy(selector))
            .Select(p => $"{p} does not select its own pods"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Services_and_probes_lead_to_ports_of_the_container(string overlay)
    {
        var pods = Manifests.Pods(overlay);
        var services = Manifests.Of(overlay).Where(o => o["kind"].Text() == "Service").ToList();
        AssertNone(services.SelectMany(s => s["spec"]!["ports"].Items().Select(port => port["targetPort"].Text())
            .Where(port => !pods.Single(p => p.IsSelectedBy(Selectors(s).Single())).Ports.Any(p => p.Name == port))
            .Select(port => $"{Name(s)}: no port {port}")));
        AssertNone(pods.SelectMany(pod => pod.Probes
            .Select(probe => (probe["httpGet"] ?? probe["tcpSocket"])?["port"].Text())
            .Where(port => port is not null && !pod.Ports.Any(p => p.Name == port))
            .Select(port => $"{pod}: no port {port}")));
        Assert.All(pods.Select(p => p.Owner["spec"]!["serviceName"]).OfType<JsonNode>(),
            name => Assert.Contains($"Service/{name}", services.Select(Name)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Network_policies_deny_by_default_and_open_ports_that_listen(string overlay)
    {
        var policies = Manifests.Of(overlay).Where(o => o["kind"].Text() == "NetworkPolicy").ToList();
        Assert.Contains(policies, p => p["spec"]!["podSelector"]!.AsObject().Count == 0
            && p["spec"]!["ingress"] is null && p["spec"]!["egress"] is null);
        AssertNone(policies.SelectMany(policy => policy["spec"]!["ingress"].Items()
            .SelectMany(rule => rule["ports"].Items())
            .SelectMany(port => Manifests.Pods(overlay).Where(pod => pod.IsSelectedBy(policy["spec"]!["podSelector"]!))
                .Where(pod => !pod.Ports.Any(p => p.Number == port["port"]!.GetValue<double>()))
                .Select(pod => $"{Name(policy)}: {pod} does not listen at {port["port"]}"))));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_Prometheus_of_the_namespace_monitoring_alone_is_told_where_metrics_are_and_let_through(string overlay)
    {
        var worker = Manifests.Pods(overlay).Single(p => p.Name == "worker");
        var told = worker.Owner["spec"]!["template"]!["metadata"]!["annotations"]!;
        Assert.Equal(("true", "/metrics"), (told["prometheus.io/scrape"].Text(), told["prometheus.io/path"].Text()));
        var port = double.Parse(told["prometheus.io/port"].Text());
        Assert.Contains(("health", (int)port), worker.Ports);
        var from = Manifests.Of(overlay).Where(o => o["kind"].Text() == "NetworkPolicy")
            .SelectMany(p => p["spec"]!["ingress"].Items())
            .Where(rule => rule["ports"].Items().Any(p => p["port"]!.GetValue<double>() == port))
            .SelectMany(rule => rule["from"].Items()).Select(f => f.ToJsonString());
        Assert.Equal(
            ["""{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"monitoring"}}}"""], from);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_a_pod_refers_to_exists(string overlay)
    {
        var names = Manifests.Of(overlay).Select(Name).ToHashSet();
        var faults = new List<string>();
        foreach (var pod in Manifests.Pods(overlay))
        {
            faults.AddRange(pod.Container["volumeMounts"].Items().Select(m => m["name"].Text())
                .Except(pod.Volumes).Select(v => $"{pod}: no volume {v}"));
            faults.AddRange(pod.Volumes.Except(pod.Container["volumeMounts"].Items().Select(m => m["name"].Text()))
                .Select(v => $"{pod}: volume {v} is not mounted"));
            faults.AddRange(pod.Spec["volumes"].Items()
                .Select(v => v["persistentVolumeClaim"] is { } claim ? $"PersistentVolumeClaim/{claim["claimName"]}"
                    : v["configMap"] is { } map ? $"ConfigMap/{map["name"]}" : null)
                .Where(name => name is not null && !names.Contains(name)).Select(name => $"{pod}: no {name}"));
            // The Secret is made by hand: no password lies in this repository.
            faults.AddRange(pod.Container["env"].Items().Select(e => e["valueFrom"]?["secretKeyRef"]).OfType<JsonNode>()
                .Where(s => !Guide.Contains($"secret generic {s["name"]} ", StringComparison.Ordinal)
                    || !Guide.Contains($"--from-literal={s["key"]}=", StringComparison.Ordinal))
                .Select(s => $"{pod}: docs/kubernetes.md does not make {s.ToJsonString()}"));
        }

        AssertNone(faults);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_pod_is_confined(string overlay)
    {
        Assert.All(Manifests.Pods(overlay), pod =>
        {
            var user = pod.Spec["securityContext"]!;
            Assert.True(user["runAsNonRoot"]!.GetValue<bool>());
            Assert.True(user["runAsUser"]!.GetValue<double>() > 0);
            Assert.Equal("RuntimeDefault", user["seccompProfile"]!["type"].Text());
            var rights = pod.Container["securityContext"]!;
            Assert.True(rights["readOnlyRootFilesystem"]!.GetValue<bool>());
            Assert.False(rights["allowPrivilegeEscalation"]!.GetValue<bool>());
            Assert.Equal(["ALL"], rights["capabilities"]!["drop"].Items().Select(c => c.Text()));
            Assert.False(pod.Spec["automountServiceAccountToken"]!.GetValue<bool>());
            Assert.Contains(pod.Container["volumeMounts"].Items(), m => m["mountPath"].Text() == "/tmp");
            foreach (var bound in new[] { "requests", "limits" })
                Assert.All(["cpu", "memory"], what => Assert.NotNull(pod.Container["resources"]![bound]![what]));
            Assert.Matches(PinnedImage(), pod.Container["image"].Text());
        });
    }

    [Fact]
    public void Our_image_is_pulled_by_its_digest_where_it_is_pushed()
    {
        var overlay = YamlDocuments.Read(Manifests.Read("deploy", "k8s", "overlays", "gpu", "kustomization.yaml")).Single();
        var image = Assert.Single(overlay["images"].Items());
        Assert.Matches("^sha256:[0-9a-f]{64}$", image["digest"].Text());
        Assert.Null(image["newTag"]);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Workers_come_to_the_database_over_TLS_as_no_superuser_and_with_their_password_in_no_connection_string(string overlay)
    {
        var pods = Manifests.Pods(overlay);
        var database = pods.Single(p => p.Name == "postgres");
        Assert.Matches("@sha256:[0-9a-f]{64}$", database.Container["image"].Text()); // ours is pinned where it was pushed
        Assert.Contains("ssl=on", database.Args);
        var superuser = database.Container["env"].Items().Single(e => e["name"].Text() == "POSTGRES_USER")["value"].Text();
        var script = Manifests.Read("deploy", "k8s", "postgres", "application-role.sh");
        Assert.Contains("CREATE ROLE reflectdit LOGIN PASSWORD :'password';", script, StringComparison.Ordinal);
        var given = ConnectionString().Match(Guide).Groups["string"].Value;
        Assert.Contains("Username=reflectdit;", given, StringComparison.Ordinal);
        Assert.NotEqual("reflectdit", superuser);
        Assert.Contains("SSL Mode=VerifyFull;Root Certificate=/tls/tls.crt", given, StringComparison.Ordinal);
        Assert.DoesNotContain("Password", given, StringComparison.OrdinalIgnoreCase);
        Assert.All(pods.Where(p => p.Name is "worker" or "submit"), pod =>
        {
            Assert.Contains(pod.Container["env"].Items(), e => e["name"].Text() == "PGPASSWORD");
            Assert.Contains(pod.Container["volumeMounts"].Items(), m => m["mountPath"].Text() == "/tls");
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_worker_has_time_to_end_an_attempt_and_is_not_disturbed_with_all_others_at_once(string overlay)
    {
        var worker = Manifests.Pods(overlay).Single(p => p.Name == "worker");
        var attempt = 3 * CallSettings.Default.Timeout.TotalSeconds; // draw, judge, detect
        Assert.True(worker.Spec["terminationGracePeriodSeconds"]!.GetValue<double>() >= attempt);
        var budget = Manifests.Of(overlay).Single(o => o["kind"].Text() == "PodDisruptionBudget");
        Assert.True(worker.IsSelectedBy(budget["spec"]!["selector"]!));
        var spread = worker.Spec["topologySpreadConstraints"].Items().ToList();
        Assert.All(spread, constraint => Assert.True(worker.IsSelectedBy(constraint["labelSelector"]!)));
        Assert.Equal(
            ["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
            spread.Select(constraint => constraint["topologyKey"].Text()).Order());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_database_has_room_for_the_connections_of_all_workers(string overlay)
    {
        var pods = Manifests.Pods(overlay);
        var pool = int.Parse(PoolSize().Match(Guide).Groups["size"].Value);
        var most = int.Parse(pods.Single(p => p.Name == "postgres").Args
            .Single(a => a.StartsWith("max_connections=", StringComparison.Ordinal)).Split('=')[1]);
        var workers = (int)pods.Single(p => p.Name == "worker").Owner["spec"]!["replicas"]!.GetValue<double>();
        Assert.InRange((workers + 1) * pool, 1, most - 20);
    }

    [KubectlFact]
    public void Each_GPU_worker_has_one_GPU_of_a_GPU_node_and_the_weights()
    {
        var worker = Manifests.Pods("gpu").Single(p => p.Name == "worker");
        Assert.Equal("1", worker.Container["resources"]!["limits"]!["nvidia.com/gpu"].Text());
        Assert.NotNull(worker.Spec["nodeSelector"]);
        Assert.Contains(worker.Spec["tolerations"].Items(), t => t["key"].Text() == "nvidia.com/gpu");
        var weights = worker.Container["volumeMounts"].Items().Single(m => m["name"].Text() == "weights");
        Assert.True(weights["readOnly"]!.GetValue<bool>());
        var libtorch = worker.Container["env"].Items().Single(e => e["name"].Text() == Libtorch.FolderVariable)["value"].Text();
        Assert.StartsWith($"{weights["mountPath"].Text()}/", libtorch, StringComparison.Ordinal);
        // Pods of many nodes share the images: the class of a volume must allow that.
        Assert.All(Manifests.Of("gpu").Where(o => o["kind"].Text() == "PersistentVolumeClaim"),
            claim => Assert.Equal(["ReadWriteMany"], claim["spec"]!["accessModes"].Items().Select(m => m.Text())));
        var demo = Manifests.Pods("cpu-demo").Single(p => p.Name == "worker");
        Assert.Null(demo.Container["resources"]!["limits"]!["nvidia.com/gpu"]);
    }

    [KubectlFact]
    public void GPU_workers_are_given_a_sweep_of_networks_whose_weights_are_on_their_volume_and_fit_one_GPU()
    {
        var submit = Manifests.Pods("gpu").Single(p => p.Name == "submit");
        Assert.Equal(("run", "--detach"), (submit.Args[0], submit.Args[2]));
        var file = Path.Combine(Manifests.Root, Path.GetRelativePath("/app", submit.Args[1]));
        var models = SweepFile.Read(file, []).Models;
        Assert.DoesNotContain(models, model => model.Model.IsSimulated);
        Assert.All(models, model => Assert.Equal(("cuda:0", true), (model.Placement.Device, model.Placement.Path!.StartsWith("/weights/", StringComparison.Ordinal))));
        Assert.InRange(models.Sum(model => model.Placement.MemoryGib!.Value), 40, 80);
        Assert.All(models, model => Assert.Contains($"`{model.Placement.Path}`", Manifests.Read("docs", "reproduce.md"), StringComparison.Ordinal));
    }

    private static string Guide { get; } = Manifests.Read("docs", "kubernetes.md");

    private static string Name(JsonNode item) => $"{item["kind"]}/{item["metadata"]!["name"]}";

    private static IEnumerable<JsonNode> Selectors(JsonNode item)
    {
        var spec = item["spec"];
        return item["kind"].Text() switch
        {
            "Service" => [new JsonObject { ["matchLabels"] = spec!["selector"]!.DeepClone() }],
            "NetworkPolicy" => new[] { spec!["podSelector"] }
                .Concat(spec["ingress"].Items().SelectMany(r => r["from"].Items()).Select(f => f["podSelector"]))
                .Concat(spec["egress"].Items().SelectMany(r => r["to"].Items()).Select(t => t["podSelector"]))
                .OfType<JsonNode>(),
            "PodDisruptionBudget" => [spec!["selector"]!],
            _ => [],
        };
    }

    private static void AssertNone(IEnumerable<string> faults) => Assert.Equal("", string.Join('\n', faults));

    /// <summary>A tag that names a version to the last number, or a digest.</summary>
    [GeneratedRegex(@"(:\d+\.\d+(\.\d+)?(-[a-z]+)?|@sha256:[0-9a-f]{64})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PinnedImage();

    [GeneratedRegex("--from-literal=connection-string=\"(?<string>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConnectionString();

    [GeneratedRegex(@"Maximum Pool Size=(?<size>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PoolSize();
}

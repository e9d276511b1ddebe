using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using ReflectDiT.Eval.Ledger.Server;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>The board, the rules and the guide against what a pod's worker really shows under load.</summary>
public sealed partial class MetricsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-metrics-").FullName;

    private string Server => Path.Combine(_folder, "server");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await PrivateServer.StopAsync(Server);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Board_rules_and_guide_name_what_a_worker_shows_under_load()
    {
        var page = await UnderLoadAsync();
        var shown = PromQl.Shown(page);
        var queries = Queries().ToList();

        Assert.True(queries.Count > 30, $"only {queries.Count} queries were found");
        Assert.Equal("", string.Join('\n', queries.SelectMany(q => PromQl.Faults(q, shown).Select(f => $"{f}: {q}"))));
        var own = Type().Matches(page).Select(t => t.Groups["name"].Value)
            .Where(name => name.StartsWith("reflectdit_", StringComparison.Ordinal)).Order();
        var listed = Listed().Matches(Manifests.Read("docs", "operations.md")).Select(m => m.Groups["name"].Value).Order();
        Assert.Equal(own, listed);
    }

    [Theory]
    [InlineData("sum by (stage) (rate(a_total{stage=\"draw\"}[5m])) > 0", "")]
    [InlineData("sum by (arm) (rate(a_total[5m]))", "no metric of the query has the label arm")]
    [InlineData("a_total{stage=\"drwa\"}", "a_total has no stage drwa")]
    [InlineData("a_total{sweep=~\".*\"}", "a_total has no label sweep")]
    [InlineData("up == 0 and on (job) last_over_time(b_total[6h:1m])", "no metric b_total")]
    [InlineData("averagely(a_total)", "no function averagely")]
    public void A_query_of_what_nobody_shows_is_found_out(string query, string fault) =>
        Assert.Equal(fault, string.Join(", ", PromQl.Faults(query, PromQl.Shown("a_total{stage=\"draw\"} 1\na_total{stage=\"write\"} 2\n"))));

    [Fact]
    public void Each_alert_says_what_it_means_and_the_guide_says_what_to_do()
    {
        var alerts = Rules().ToList();
        Assert.Equal(5, alerts.Count);
        Assert.All(alerts, alert =>
        {
            Assert.NotEmpty(alert["annotations"]!["summary"].Text());
            Assert.NotEmpty(alert["labels"]!["severity"].Text());
            Assert.Contains($"`{alert["alert"].Text()}`", Manifests.Read("docs", "operations.md"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Panels_have_ids_of_their_own_and_do_not_overlap()
    {
        var panels = Board()["panels"].Items().ToList();
        Assert.Distinct(panels.Select(p => p["id"]!.GetValue<int>()));
        Assert.Distinct(panels.SelectMany(p =>
        {
            var (left, top, width, height) = (At(p, "x"), At(p, "y"), At(p, "w"), At(p, "h"));
            Assert.InRange(left + width, 1, 24);
            return from x in Enumerable.Range(left, width) from y in Enumerable.Range(top, height) select (x, y);
        }));

        static int At(JsonNode panel, string edge) => panel["gridPos"]![edge]!.GetValue<int>();
    }

    private async Task<string> UnderLoadAsync()
    {
        var database = await PrivateServer.EnsureStartedAsync(Server);
        using var worker = PodProcess.Start(Manifests.Pod("worker"), database, _folder);
        await worker.ProbesAreAsync(started: true, ready: true);
        using (var submit = PodProcess.Start(Manifests.Pod("submit"), database, _folder))
            await submit.SucceedsAsync();
        await using var ledger = NpgsqlDataSource.Create(database);
        await using var count = ledger.CreateCommand("SELECT count(*) FROM reflectdit.attempts");
        await PodProcess.UntilAsync(
            async () => (long)(await count.ExecuteScalarAsync())! > 50, () => $"no attempt was drawn: {worker.Log}");
        var pod = Manifests.Pod("worker").Owner["spec"]!["template"]!["metadata"]!["annotations"]!;
        return await worker.ReadAsync(pod["prometheus.io/path"].Text());
    }

    private static IEnumerable<string> Queries() => Board()["panels"].Items()
        .SelectMany(p => p["targets"].Items()).Concat(Rules()).Select(t => t["expr"].Text());

    private static JsonNode Board() => JsonNode.Parse(Manifests.Read("deploy", "grafana", "board.json"))!;

    private static IEnumerable<JsonNode> Rules() => YamlDocuments.Read(Manifests.Read("deploy", "grafana", "rules.yaml"))
        .Single()["groups"].Items().SelectMany(g => g["rules"].Items());

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (gauge|counter|histogram)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Type();

    [GeneratedRegex(@"^\| `(?<name>reflectdit_[a-z_]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listed();
}

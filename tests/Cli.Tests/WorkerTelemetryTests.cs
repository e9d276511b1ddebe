using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>What a worker lets others know of it.</summary>
public sealed partial class WorkerTelemetryTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly string[] Labels = ["direction", "le", "outcome", "role", "stage", "version"];
    private const string AllDone = "reflectdit_chains_ended_total{outcome=\"done\"} 170\n";
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task Names_of_arms_prompts_and_chains_make_no_series_and_each_chain_is_a_trace_that_is_sent()
    {
        await using var ledger = await LedgerFolder.InAsync(server);
        await using var receiver = new OtlpReceiver();
        var port = LocalPort.Free();
        await using var worker = await ledger.StartWithinAsync(
            ["env", $"OTEL_EXPORTER_OTLP_ENDPOINT={receiver.Address}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"],
            "worker", "--health", $"{port}");
        await ledger.ReachAsync(1, "SELECT count(*) FROM reflectdit.workers", worker);
        var before = Own(await PageAsync(port));

        var planned = await ledger.RunAsync(
            SmallSweeps.Command(
                "--detach", "--set", "name=secret-sweep",
                "--set", "arms.0.name='hostile\"} 1 # one'", "--set", "arms.1.name=hostile-two"));
        Assert.Equal(0, planned.ExitCode);
        await ledger.ReachAsync(170, "SELECT count(*) FROM reflectdit.chains WHERE state = 'done'", worker);

        var page = await PageAsync(port);
        for (var looked = 0; looked < 100 && !page.Contains(AllDone, StringComparison.Ordinal); looked++)
        {
            await Task.Delay(100); // a page may be 0.3 s old
            page = await PageAsync(port);
        }

        Assert.Contains(AllDone, page);
        // A histogram begins with its first value: its buckets, the one without bound, sum and count.
        var begun = Own(page).Except(before).ToList();
        Assert.Empty(before.Except(Own(page)));
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["reflectdit_stage_duration_seconds"] = 4 * (15 + 3),
                ["reflectdit_model_batch_size"] = 3 * (8 + 3),
                ["reflectdit_model_batch_wait_seconds"] = 3 * (11 + 3),
                ["reflectdit_model_load_duration_seconds"] = 3 * (9 + 3),
            }.OrderBy(s => s.Key),
            begun.CountBy(series => Histogram().Match(series).Groups["name"].Value).OrderBy(s => s.Key));
        Assert.All(
            Own(page).SelectMany(series => Label().Matches(series)),
            label => Assert.Contains(label.Groups["name"].Value, Labels));
        Assert.InRange(page.Split('\n').Count(line => line.Length > 0 && line[0] != '#'), before.Count, 1000);
        var chains = await ColumnAsync(ledger, "SELECT id::text FROM reflectdit.chains WHERE state = 'done'");
        Assert.All(
            ["hostile", "secret-sweep", "a photo of", "SANA", "@", .. chains],
            text => Assert.DoesNotContain(text, page, StringComparison.OrdinalIgnoreCase));

        // An earlier heartbeat may tell of some of them.
        await ledger.ReachAsync(4, "SELECT max(jsonb_array_length(status->'models'))::bigint FROM reflectdit.workers", worker);
        var report = JsonNode.Parse((await ledger.RunAsync("status", "--format", "json")).Out)!["workers"]![0]!["report"]!;
        Assert.Equal(
            ["Qwen2.5-VL-3B, fine-tuned as Reflect-DiT's judge (simulated)", "Reflect-DiT, SANA-1.0 1.6B + 0.1B (simulated)", "SANA-1.0 1.6B (simulated)", "detector (simulated)"],
            report["models"]!.AsArray().Select(m => (string)m!["title"]!));
        Assert.Matches(@"^\d+\.\d+\.\d+$", (string)report["version"]!);
        Assert.True((long)report["working_set_bytes"]! > (long)report["heap_bytes"]!);

        worker.Signal("TERM");
        Assert.Equal(0, (await worker.EndAsync()).ExitCode);
        var traces = receiver.Received("/v1/traces");
        Assert.All(chains, id => Assert.True(traces.AsSpan().IndexOf(Guid.Parse(id).ToByteArray(bigEndian: true)) >= 0, $"no trace {id}"));
        Assert.All(
            ["chain", "claim", "draw", "judge", "score", "write"],
            name => Assert.True(traces.AsSpan().IndexOf((ReadOnlySpan<byte>)[(byte)name.Length, .. Encoding.UTF8.GetBytes(name)]) >= 0, $"no span {name}"));
        Assert.True(receiver.Received("/v1/metrics").AsSpan().IndexOf("reflectdit.images.drawn"u8) >= 0);
    }

    /// <summary>The product's own series: names with their labels.</summary>
    private static List<string> Own(string page) =>
    [
        .. page.Split('\n').Where(line => line.StartsWith("reflectdit_", StringComparison.Ordinal))
            .Select(line => line[..line.LastIndexOf(' ')]).Order(StringComparer.Ordinal),
    ];

    private static Task<string> PageAsync(int port) => Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));

    private static async Task<IReadOnlyList<string>> ColumnAsync(LedgerFolder ledger, string sql)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(await ledger.AddressAsync());
        await using var command = source.CreateCommand($"SELECT array({sql})");
        return (string[])(await command.ExecuteScalarAsync())!;
    }

    [GeneratedRegex(@"^(?<name>\w+)_(bucket|sum|count)\{", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Histogram();

    [GeneratedRegex("(?<name>[a-z_]+)=\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    /// <summary>An OTLP endpoint that keeps what it is sent, as it is.</summary>
    private sealed class OtlpReceiver : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly ConcurrentBag<(string Path, byte[] Body)> _received = [];
        private readonly Task _serving;

        public OtlpReceiver()
        {
            Address = new Uri($"http://127.0.0.1:{LocalPort.Free()}/");
            _listener.Prefixes.Add(Address.ToString());
            _listener.Start();
            _serving = ServeAsync();
        }

        public Uri Address { get; }

        public byte[] Received(string path) =>
            _received.Where(r => r.Path == path).SelectMany(r => r.Body).ToArray();

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    _received.Add((context.Request.Url!.AbsolutePath, body.ToArray()));
                    context.Response.ContentType = "application/x-protobuf";
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
            }
        }
    }
}

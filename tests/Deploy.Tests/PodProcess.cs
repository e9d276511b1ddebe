using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>A pod's container as a process: its arguments and environment, its mounts in a folder of the test.</summary>
internal sealed partial class PodProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);
    private static readonly HttpClient Http = new() { Timeout = Patience };

    private readonly Pod _pod;
    private readonly Process _process;
    private readonly int _port;
    private readonly StringBuilder _log = new();

    private PodProcess(Pod pod, ProcessStartInfo start, int port)
    {
        _pod = pod;
        _port = port;
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public static PodProcess Start(Pod pod, string database, string folder)
    {
        var port = FreePort();
        // The image has the program in /app, the volumes are folders of the test.
        var mounts = new Dictionary<string, string>
        {
            ["/app/"] = BuiltProgram.Folder + "/",
            ["/data"] = Path.Combine(folder, "data"),
            ["/tmp/"] = folder + "/",
            ["/sweep/"] = folder + "/",
        };
        File.WriteAllText(
            Path.Combine(folder, "sweep.yaml"), Here(Manifests.Read("deploy", "k8s", "base", "sweep.yaml")));
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [BuiltProgram.Path, .. pod.Args.Select(Here)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var variable in pod.Container["env"].Items())
            start.Environment[variable["name"].Text()] = Value(variable, database);
        return new(pod, start, port);

        string Here(string text) => text == "8080" ? port.ToString()
            : Mounts().Replace(text, path => mounts[path.Value]);
    }

    /// <summary>Waits until the probes say so; the process must be alive all the while.</summary>
    public async Task ProbesAreAsync(bool started, bool ready)
    {
        var last = "";
        await UntilAsync(
            async () =>
            {
                var answers = new List<(HttpStatusCode? Status, string Text)>();
                foreach (var probe in new[] { "startupProbe", "readinessProbe", "livenessProbe" })
                    answers.Add(await ProbeAsync(probe));
                last = string.Join(", ", answers);
                Assert.DoesNotContain(answers, a => a.Status == HttpStatusCode.NotFound);
                Assert.True(answers[2].Status is HttpStatusCode.OK or null, last);
                return answers.Select(a => a.Status == HttpStatusCode.OK).SequenceEqual([started, ready, true]);
            },
            () => $"expected started={started}, ready={ready}, alive: {last}\n{Log}");
    }

    /// <summary>Asks as the kubelet does. Without a status nobody answers.</summary>
    public async Task<(HttpStatusCode? Status, string Text)> ProbeAsync(string probe)
    {
        Assert.False(_process.HasExited, Log);
        using var deadline = new CancellationTokenSource(ProbeTimeout);
        try
        {
            using var answer = await Http.GetAsync(
                new Uri($"http://127.0.0.1:{_port}{_pod.Probe(probe)!["httpGet"]!["path"].Text()}"), deadline.Token);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return (null, e.Message);
        }
    }

    /// <summary>Reads a page as a Prometheus in the cluster does.</summary>
    public Task<string> ReadAsync(string path) => Http.GetStringAsync(new Uri($"http://127.0.0.1:{_port}{path}"));

    public void Terminate() => ProcessSignal.Send(_process.Id, "TERM");

    public async Task SucceedsAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        Assert.True(_process.ExitCode == 0, $"exit code {_process.ExitCode}: {Log}");
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> complaint)
    {
        var since = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(since.Elapsed < Patience, complaint());
            await Task.Delay(50);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static string Value(JsonNode variable, string database) =>
        variable["valueFrom"]?["secretKeyRef"]?["key"].Text() == "connection-string"
            ? database : variable["value"]?.Text() ?? "a password";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"(?<![\w.])/(app/|data\b|tmp/|sweep/)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mounts();

    private void Note(string? line)
    {
        lock (_log)
            _log.AppendLine(line);
    }
}

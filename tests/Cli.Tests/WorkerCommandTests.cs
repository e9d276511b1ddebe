using System.Net;
using System.Net.Sockets;

namespace ReflectDiT.Eval.Cli.Tests;

/// <summary>Where a worker's probes are answered. No database is needed for that.</summary>
public sealed class WorkerCommandTests
{
    private static readonly string[] Nowhere = ["--database", "Host=127.0.0.1;Port=1"];

    [Fact]
    public async Task Probes_are_answered_at_the_loopback_address_alone_unless_bind_says_otherwise()
    {
        using var folder = new TemporaryFolder();
        var port = LocalPort.Free();
        await using var worker = await RunningCli.StartAsync(
            ["worker", "--data", folder.Root, .. Nowhere, "--health", port.ToString()]);
        using var http = new HttpClient();
        HttpResponseMessage? answer = null;
        for (var patience = DateTime.UtcNow.AddMinutes(1); answer is null && DateTime.UtcNow < patience; await Task.Delay(20))
            answer = await AskAsync(http, "127.0.0.1", port);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer?.StatusCode);
        Assert.Null(await AskAsync(http, "127.0.0.2", port));
    }

    [Theory]
    [InlineData("--bind nowhere: expected an IP address", "--health", "8080", "--bind", "nowhere")]
    [InlineData("absent.yaml: cannot be read", "--models", "absent.yaml")]
    [InlineData("--roles generate,draw: expected generate, judge and score, with commas between, found 'draw'", "--roles", "generate,draw")]
    public async Task Options_that_mean_nothing_are_a_usage_error(string message, params string[] options)
    {
        var end = await InProcess.RunAsync(["worker", .. options]);
        Assert.Equal((1, ""), (end.ExitCode, end.Out));
        Assert.Contains(message, end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_or_a_port_in_use_ends_the_worker_with_a_sentence()
    {
        using var folder = new TemporaryFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();
        foreach (var address in new[] { "192.0.2.1", "127.0.0.1" })
        {
            var end = await CliProcess.RunAsync(
                ["worker", "--data", folder.Root, .. Nowhere, "--health", port, "--bind", address]);
            Assert.Equal((4, ""), (end.ExitCode, end.Out));
            Assert.Contains($"Cannot listen at {address}:{port}", end.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("fault of the program", end.Error, StringComparison.Ordinal);
        }
    }

    private static async Task<HttpResponseMessage?> AskAsync(HttpClient http, string address, int port)
    {
        try
        {
            return await http.GetAsync(new Uri($"http://{address}:{port}/health/started"));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}

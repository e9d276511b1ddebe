using System.Diagnostics;
using System.Net;

namespace ReflectDiT.Eval.Cli.Tests;

[Collection(nameof(SmallSweeps))]
public sealed class DashboardCommandTests(SmallSweeps sweeps)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task It_shows_the_sweep_to_who_has_its_address_and_ends_with_0_on_Ctrl_C()
    {
        var port = LocalPort.Free();
        await using var dashboard = await sweeps.AtOnce.StartAsync("dashboard", "small", "--port", $"{port}");
        await AnswersAsync(port, dashboard);

        dashboard.Interrupt();
        var end = await dashboard.EndAsync();
        Assert.Equal(0, end.ExitCode);
        Assert.Matches($"^http://127.0.0.1:{port}/sweeps/[0-9a-f]{{8}}\\?token=[0-9a-f]{{64}}\n$", end.Out);
    }

    [Fact]
    public async Task A_worker_shows_it_too_to_this_machine_and_takes_it_along_when_it_ends()
    {
        await using var folder = await LedgerFolder.InAsync(sweeps.Server);
        var port = LocalPort.Free();
        await using var worker = await folder.StartAsync("worker", "--dashboard", $"{port}");
        await AnswersAsync(port, worker);
        worker.Interrupt();
        var end = await worker.EndAsync();
        Assert.Equal((0, ""), (end.ExitCode, end.Out));
        Assert.Matches($"Dashboard: http://127.0.0.1:{port}/\\?token=[0-9a-f]{{64}} ", end.Error);
        using var client = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{port}/")));
    }

    [Theory]
    [InlineData("lets others reach it: give a password", "dashboard", "--bind", "0.0.0.0")]
    [InlineData("expected an IP address", "dashboard", "--bind", "everywhere")]
    [InlineData("is not a port", "dashboard", "--port", "65536")]
    [InlineData("give both", "dashboard", "--user-header", "X-Forwarded-User")]
    [InlineData("cannot read", "dashboard", "--password-file", "/nowhere")]
    [InlineData("No sweep is called 'large'", "dashboard", "large", "--port", "0")]
    [InlineData("need --html DIR", "report", "small", "--originals")]
    [InlineData("belong to the table", "report", "small", "--html", "somewhere", "--layout", "judge")]
    [InlineData("exists already", "report", "small", "--html", "/tmp")]
    public async Task What_cannot_be_is_said_in_a_sentence(string says, params string[] command)
    {
        var said = await sweeps.AtOnce.RunAsync(command);
        Assert.Equal(1, said.ExitCode);
        Assert.Contains(says, said.Error, StringComparison.Ordinal);
    }

    /// <summary>Waits until it answers, and lets nobody in who has no token.</summary>
    private static async Task AnswersAsync(int port, RunningCli command)
    {
        using var client = new HttpClient();
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            Assert.True(waited.Elapsed < Patience && !command.HasEnded);
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"));
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                return;
            }
            catch (HttpRequestException)
            {
                // Not there yet.
            }
        }
    }
}

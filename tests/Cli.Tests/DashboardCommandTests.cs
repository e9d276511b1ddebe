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
        using var client = new HttpClient();
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            Assert.True(waited.Elapsed < Patience && !dashboard.HasEnded);
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"));
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                break;
            }
            catch (HttpRequestException)
            {
                // Not there yet.
            }
        }

        dashboard.Interrupt();
        var end = await dashboard.EndAsync();
        Assert.Equal(0, end.ExitCode);
        Assert.Matches($"^http://127.0.0.1:{port}/sweeps/[0-9a-f]{{8}}\\?token=[0-9a-f]{{64}}\n$", end.Out);
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
}

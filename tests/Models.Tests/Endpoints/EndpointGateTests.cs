using ReflectDiT.Eval.Models.Endpoints;

namespace ReflectDiT.Eval.Models.Tests.Endpoints;

public sealed class EndpointGateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task It_begins_with_one_and_doubles_each_round_up_to_the_most()
    {
        var gate = Gate(most: 6);
        foreach (var expected in new[] { 1, 2, 4, 6, 6 })
        {
            Assert.Equal(expected, gate.Room);
            var inside = new List<IDisposable>();
            for (var i = 0; i < expected; i++)
            {
                inside.Add(await Entered(gate));
            }

            using var stop = new CancellationTokenSource();
            var outside = gate.EnterAsync(stop.Token);
            Assert.False(outside.IsCompleted);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outside);
            foreach (var place in inside)
            {
                gate.Answered(0);
                place.Dispose();
                place.Dispose(); // a second time gives nothing back
            }
        }
    }

    [Fact]
    public async Task A_refusal_halves_it_once_for_all_that_were_at_work_and_then_it_grows_by_one_a_round()
    {
        var gate = Gate(most: 16);
        for (var i = 0; i < 7; i++)
        {
            gate.Answered(0);
        }

        Assert.Equal(8, gate.Room);
        var sent = _time.GetUtcNow();
        _time.Pass(Second);
        for (var i = 0; i < 8; i++)
        {
            gate.Refused(sent, TimeSpan.Zero);
        }

        Assert.Equal(4, gate.Room);
        for (var i = 0; i < 5; i++)
        {
            gate.Answered(0);
        }

        Assert.Equal(5, gate.Room);
        (await Entered(gate)).Dispose();
    }

    [Fact]
    public async Task It_stays_closed_as_long_as_the_server_asks()
    {
        var gate = Gate();
        gate.Refused(_time.GetUtcNow(), 30 * Second);
        var waits = gate.EnterAsync(CancellationToken.None);
        _time.Pass(29 * Second);
        Assert.False(waits.IsCompleted);
        _time.Pass(Second);
        await waits.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Pauses_that_the_server_does_not_name_double_up_to_a_minute()
    {
        var gate = Gate();
        foreach (var expected in new[] { 0.5, 1, 2, 4, 8, 16, 30, 30 })
        {
            gate.Refused(_time.GetUtcNow(), null); // without jitter half of each
            var waits = gate.EnterAsync(CancellationToken.None);
            _time.Pass((expected * Second) - TimeSpan.FromMilliseconds(1));
            Assert.False(waits.IsCompleted);
            _time.Pass(TimeSpan.FromMilliseconds(1));
            (await waits.WaitAsync(Deadline)).Dispose();
        }
    }

    [Fact]
    public async Task Requests_keep_the_distance_of_their_limit()
    {
        var gate = Gate(requests: 30);
        (await Entered(gate)).Dispose();
        for (var i = 0; i < 3; i++)
        {
            var waits = gate.EnterAsync(CancellationToken.None);
            _time.Pass(1.9 * Second);
            Assert.False(waits.IsCompleted);
            _time.Pass(0.1 * Second);
            (await waits.WaitAsync(Deadline)).Dispose();
        }
    }

    [Fact]
    public async Task Tokens_are_paid_for_before_the_next_request()
    {
        var gate = Gate(tokens: 6000);
        (await Entered(gate)).Dispose();
        gate.Answered(1500);
        var waits = gate.EnterAsync(CancellationToken.None);
        _time.Pass(14.9 * Second);
        Assert.False(waits.IsCompleted);
        _time.Pass(0.1 * Second);
        (await waits.WaitAsync(Deadline)).Dispose();
    }

    [Fact]
    public void It_counts_since_when_everything_was_refused()
    {
        var gate = Gate();
        Assert.Equal(TimeSpan.Zero, gate.Refused(_time.GetUtcNow(), Second));
        _time.Pass(600 * Second);
        Assert.Equal(600 * Second, gate.Refused(_time.GetUtcNow(), Second));
        gate.Answered(0);
        Assert.Equal(TimeSpan.Zero, gate.Refused(_time.GetUtcNow(), Second));
        _time.Pass(EndpointGate.Patience);
        Assert.Equal(EndpointGate.Patience, gate.Refused(_time.GetUtcNow(), Second));
        Assert.Equal(TimeSpan.Zero, gate.Refused(_time.GetUtcNow(), Second));
    }

    private EndpointGate Gate(int most = 1, double? requests = null, double? tokens = null) => new(most, requests, tokens, _time, () => 0);

    private static Task<IDisposable> Entered(EndpointGate gate) => gate.EnterAsync(CancellationToken.None).WaitAsync(Deadline);
}

using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ReflectDiT.Eval.Silo.Cluster;

namespace ReflectDiT.Eval.Silo.Tests.Cluster;

/// <summary>Who may speak to a silo.</summary>
public sealed class SecretHandshakeTests
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public async Task Ends_of_one_ledger_come_to_speak_and_hear_what_was_said_at_once()
    {
        var (listener, caller) = Connection();
        var (heard, spoke) = (new TaskCompletionSource<byte[]>(), new TaskCompletionSource());
        var listens = End(new(Secret, NullLogger<SecretHandshake>.Instance), listens: true, async context =>
        {
            var read = await context.Transport.Input.ReadAtLeastAsync(3);
            heard.SetResult(read.Buffer.FirstSpan[..3].ToArray());
        })(listener);
        var calls = End(new(Secret, NullLogger<SecretHandshake>.Instance), listens: false, async context =>
        {
            await context.Transport.Output.WriteAsync(new byte[] { 1, 2, 3 });
            spoke.SetResult();
        })(caller);
        await Task.WhenAll(listens, calls);
        Assert.Equal([1, 2, 3], await heard.Task);
        await spoke.Task;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_does_not_know_the_secret_is_not_heard(bool echo)
    {
        var (listener, stranger) = Connection();
        var heard = false;
        var listens = End(new(Secret, NullLogger<SecretHandshake>.Instance), listens: true, _ =>
        {
            heard = true;
            return Task.CompletedTask;
        })(listener);
        if (echo)
        {
            // All that is said is said back: the proof of the one who listens is none of the one who calls.
            for (var sent = 0; sent < 64;)
            {
                var read = await stranger.Transport.Input.ReadAsync();
                foreach (var part in read.Buffer)
                {
                    await stranger.Transport.Output.WriteAsync(part);
                    sent += part.Length;
                }

                stranger.Transport.Input.AdvanceTo(read.Buffer.End);
            }
        }
        else
        {
            await End(new(RandomNumberGenerator.GetBytes(32), NullLogger<SecretHandshake>.Instance), listens: false, _ => Task.CompletedTask)(stranger);
        }

        await listens.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(heard);
    }

    private static ConnectionDelegate End(SecretHandshake handshake, bool listens, ConnectionDelegate next)
    {
        var builder = new ConnectionBuilder(new ServiceCollection().BuildServiceProvider());
        (listens ? (Action<IConnectionBuilder>)handshake.Listen : handshake.Call)(builder);
        builder.Use(_ => next);
        return builder.Build();
    }

    private static (ConnectionContext Listener, ConnectionContext Caller) Connection()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new DefaultConnectionContext("listener", new Duplex(there.Reader, back.Writer), new Duplex(back.Reader, there.Writer)),
            new DefaultConnectionContext("caller", new Duplex(back.Reader, there.Writer), new Duplex(there.Reader, back.Writer)));
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>A TCP way to a server that listens on a Unix socket, which can be cut and frozen.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly UnixDomainSocketEndPoint _server;
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _frozen;
    private volatile SemaphoreSlim? _refused;

    /// <param name="here">Where it listens; this machine's loopback when null.</param>
    public Wire(string connectionString, IPAddress? here = null)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        _server = new(Path.Combine(server.Host!, $".s.PGSQL.{server.Port}"));
        _listener = new(here ?? IPAddress.Loopback, 0);
        _listener.Start();
        var at = (IPEndPoint)_listener.LocalEndpoint;
        Address = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = at.Address.ToString(),
            Port = at.Port,
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>Breaks every connection, and refuses new ones until so many have been tried.</summary>
    public async Task CutUntilTriedAsync(int times)
    {
        using var refused = new SemaphoreSlim(0);
        _refused = refused;
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }

        for (var i = 0; i < times; i++)
        {
            Assert.True(await refused.WaitAsync(TimeSpan.FromMinutes(1)), "the worker did not try to connect again");
        }

        _refused = null;
    }

    /// <summary>Nothing gets through any more, and nobody is told.</summary>
    public void Freeze() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Thaw()
    {
        _frozen?.SetResult();
        _frozen = null;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }

        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                if (_refused is { } refused)
                {
                    client.Dispose();
                    refused.Release();
                    continue;
                }

                var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await server.ConnectAsync(_server);
                _open.TryAdd(client, true);
                _open.TryAdd(server, true);
                _ = CopyAsync(client, server);
                _ = CopyAsync(server, client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await (_frozen?.Task ?? Task.CompletedTask);
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        from.Dispose();
        to.Dispose();
    }
}

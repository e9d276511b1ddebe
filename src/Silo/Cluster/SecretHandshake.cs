using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ReflectDiT.Eval.Silo.Cluster;

/// <summary>
/// Lets silos speak to silos, and clients, of the same ledger alone: before its first message each end of a connection
/// shows that it knows the ledger's secret, by an HMAC over random bytes of both.
/// </summary>
internal sealed class SecretHandshake(byte[] secret, ILogger<SecretHandshake> log)
{
    private const int NonceSize = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<SecretHandshake> OfAsync(NpgsqlDataSource ledger, ILoggerFactory logs, CancellationToken cancellation)
    {
        await using var read = ledger.CreateCommand("SELECT secret FROM reflectdit.cluster_secret");
        return new((byte[])(await read.ExecuteScalarAsync(cancellation))!, logs.CreateLogger<SecretHandshake>());
    }

    /// <summary>Of connections that others open.</summary>
    public void Listen(IConnectionBuilder connections) => Before(connections, listens: true);

    /// <summary>Of connections that are opened here.</summary>
    public void Call(IConnectionBuilder connections) => Before(connections, listens: false);

    private void Before(IConnectionBuilder connections, bool listens) => connections.Use(next => async context =>
    {
        if (await AgreeAsync(context, listens))
        {
            await next(context);
        }
        else
        {
            log.SecretNotShown(context.RemoteEndPoint);
            context.Abort();
        }
    });

    private async Task<bool> AgreeAsync(ConnectionContext context, bool listens)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
        deadline.CancelAfter(Patience);
        try
        {
            var own = RandomNumberGenerator.GetBytes(NonceSize);
            await context.Transport.Output.WriteAsync(own, deadline.Token);
            var others = await ReadAsync(context.Transport.Input, NonceSize, deadline.Token);
            await context.Transport.Output.WriteAsync(Proof(listens, own, others), deadline.Token);
            var proof = await ReadAsync(context.Transport.Input, HMACSHA256.HashSizeInBytes, deadline.Token);
            return CryptographicOperations.FixedTimeEquals(proof, Proof(!listens, others, own));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or ConnectionAbortedException)
        {
            return false;
        }
    }

    /// <summary>Who listens and who calls prove different things, so that neither can be sent back to where it came from.</summary>
    private byte[] Proof(bool listens, byte[] own, byte[] others) =>
        HMACSHA256.HashData(secret, (byte[])[listens ? (byte)1 : (byte)0, .. own, .. others]);

    /// <exception cref="IOException">The connection ends before.</exception>
    private static async Task<byte[]> ReadAsync(PipeReader input, int size, CancellationToken cancellation)
    {
        var read = await input.ReadAtLeastAsync(size, cancellation);
        if (read.Buffer.Length < size)
        {
            throw new IOException("the connection ended");
        }

        var bytes = new byte[size];
        var part = read.Buffer.Slice(0, size);
        var at = 0;
        foreach (var segment in part)
        {
            segment.Span.CopyTo(bytes.AsSpan(at));
            at += segment.Length;
        }

        input.AdvanceTo(part.End);
        return bytes;
    }
}

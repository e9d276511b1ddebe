using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// The way to a server, as a placement says it. Proxies are those of the environment (<c>HTTPS_PROXY</c>,
/// <c>NO_PROXY</c>); no redirection is followed, as the key is for this server alone.
/// </summary>
internal sealed class EndpointConnection : IDisposable
{
    private const string Hidden = "***";

    private readonly string? _key;

    /// <exception cref="NotSupportedException">The placement lacks an address, or says what only other models have.</exception>
    /// <exception cref="InvalidDataException">The environment variable, or the file of certificates, does not hold what it should.</exception>
    public EndpointConnection(Placement placement)
    {
        if (placement.Url is null || placement.Path is not null)
        {
            throw new NotSupportedException("it is behind a server: its placement needs a url, and takes no path");
        }

        Root = placement.Url;
        KeyVariable = placement.KeyVariable;
        _key = KeyVariable is null ? null : Key(KeyVariable);
        var path = placement.Url.AbsolutePath.TrimEnd('/');
        path = path.EndsWith("/v1", StringComparison.Ordinal) ? path[..^3] : path;
        Http = new HttpClient(Handler(placement.CaFile))
        {
            BaseAddress = new Uri(placement.Url, $"{path}/v1/"),
            Timeout = Timeout.InfiniteTimeSpan, // the host of models says how long
        };
        Http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ReflectDiT.Eval", null));
        if (_key is not null)
        {
            Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        }
    }

    public Uri Root { get; }

    public string? KeyVariable { get; }

    public HttpClient Http { get; }

    /// <summary>A text without the key, which servers like to repeat in their errors.</summary>
    public string WithoutKey(string text) => _key is null ? text : text.Replace(_key, Hidden, StringComparison.Ordinal);

    public void Dispose() => Http.Dispose();

    private static string Key(string variable)
    {
        var key = Environment.GetEnvironmentVariable(variable)?.Trim();
        return string.IsNullOrEmpty(key)
            ? throw new InvalidDataException($"the environment variable {variable}, which its placement names for the server's key, is not set")
            : key.All(c => c is > ' ' and < '\x7f')
                ? key
                : throw new InvalidDataException($"the environment variable {variable} holds no key: one has visible ASCII characters alone");
    }

    private static SocketsHttpHandler Handler(string? caFile)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None, // a small answer must not become a huge one
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // a server may move
        };
        if (caFile is not null)
        {
            var roots = new X509Certificate2Collection();
            try
            {
                roots.ImportFromPemFile(caFile);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw new InvalidDataException($"the certificates of its placement's ca_file cannot be read: {e.Message}", e);
            }

            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(roots);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return handler;
    }
}

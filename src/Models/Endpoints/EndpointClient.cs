using System.Net;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// Asks a server that answers in JSON. What it answers is believed only as far as it can be read; what goes wrong is told
/// apart: it has no room for now, this answer cannot be taken, this request never will be, or the server cannot be asked.
/// </summary>
internal sealed class EndpointClient : IDisposable
{
    private const int LargestError = 64 << 10;
    private const int MostAtOnce = 8;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly string _role;
    private readonly TimeProvider _time;
    private readonly EndpointConnection _connection;
    private readonly EndpointGate _gate;
    private readonly Placement _placement;

    /// <param name="role">Of the model, in metrics.</param>
    public EndpointClient(string role, Placement placement, TimeProvider? time = null)
    {
        (_role, _time) = (role, time ?? TimeProvider.System);
        Concurrency = placement.Concurrency ?? MostAtOnce;
        _placement = placement;
        _connection = new(placement);
        _gate = new(Concurrency, placement.RequestsPerMinute, placement.TokensPerMinute, _time, System.Random.Shared.NextDouble);
    }

    /// <summary>The most requests at once.</summary>
    public int Concurrency { get; }

    /// <summary>Waits until the server may be asked.</summary>
    public async Task<IDisposable?> AdmitAsync(CancellationToken withdrawn) => await _gate.EnterAsync(withdrawn);

    /// <param name="most">Bytes of the answer.</param>
    /// <exception cref="ModelBusyException">It has no room for now.</exception>
    /// <exception cref="BadAnswerException">The answer cannot be taken; another try may be better.</exception>
    /// <exception cref="RequestRefusedException">It does not want this request.</exception>
    /// <exception cref="ModelUnavailableException">It cannot be asked at all.</exception>
    public async Task<PricedAnswer> PostAsync(string path, HttpContent content, int most, CancellationToken withdrawn)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        var answer = await SendAsync(request, most, withdrawn);
        var (sent, received) = Usage(answer);
        _gate.Answered(sent + received);
        EndpointMetrics.Answered(_role, sent, received);
        return new(answer, Price(sent, received));
    }

    /// <summary>What the server has; null where it has no such address.</summary>
    /// <inheritdoc cref="PostAsync"/>
    public async Task<JsonElement?> FindAsync(string path, int most, CancellationToken withdrawn)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, most, withdrawn, mayBeMissing: true) is { ValueKind: not JsonValueKind.Undefined } found ? found : null;
    }

    public void Dispose()
    {
        _connection.Dispose();
        _gate.Dispose();
    }

    /// <summary>Null where the placement says no price.</summary>
    private double? Price(int sent, int received)
    {
        const double Million = 1e6;
        var (request, tokenIn, tokenOut) = (_placement.PricePerRequest, _placement.PricePerMillionIn, _placement.PricePerMillionOut);
        return (request ?? tokenIn ?? tokenOut) is null
            ? null
            : (request ?? 0) + (sent * (tokenIn ?? 0) / Million) + (received * (tokenOut ?? 0) / Million);
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, int most, CancellationToken withdrawn, bool mayBeMissing = false)
    {
        var sentAt = _time.GetUtcNow();
        try
        {
            using var response = await _connection.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, withdrawn);
            if (mayBeMissing && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
            {
                return default;
            }

            return response.StatusCode == HttpStatusCode.OK
                ? await ReadAsync(response, most, withdrawn)
                : throw await FailureAsync(request, response, sentAt, withdrawn);
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException inner)
        {
            throw Unavailable($"its certificate is not trusted: {inner.Message} 'ca_file' in its placement names who vouches for it", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.ProxyTunnelError)
        {
            throw Busy(sentAt, null, $"cannot be reached: {e.Message}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Bad($"the answer broke off: {(e.InnerException ?? e).Message}");
        }
    }

    private async Task<JsonElement> ReadAsync(HttpResponseMessage response, int most, CancellationToken withdrawn)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "nothing";
        var isJson = type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal);
        var body = await BodyAsync(response, isJson ? most : LargestError, withdrawn);
        if (body is null)
        {
            throw Bad($"the answer has more than {most} bytes");
        }

        if (!isJson)
        {
            throw Bad($"the answer is {Quoted(type)}, expected application/json: {Quoted(Encoding.UTF8.GetString(body))}");
        }

        try
        {
            using var json = JsonDocument.Parse(body, Strict);
            return json.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw Bad($"the answer is no JSON: {JsonFault.Read(Encoding.UTF8.GetString(body), e)}");
        }
    }

    /// <returns>Null where it is too large.</returns>
    private static async Task<byte[]?> BodyAsync(HttpResponseMessage response, int most, CancellationToken withdrawn)
    {
        if (response.Content.Headers.ContentLength > most)
        {
            return null;
        }

        await using var stream = await response.Content.ReadAsStreamAsync(withdrawn);
        using var body = new MemoryStream();
        var part = new byte[64 << 10];
        for (int read; (read = await stream.ReadAsync(part, withdrawn)) > 0;)
        {
            if (body.Length + read > most)
            {
                return null;
            }

            body.Write(part, 0, read);
        }

        return body.ToArray();
    }

    private async Task<Exception> FailureAsync(
        HttpRequestMessage request, HttpResponseMessage response, DateTimeOffset sentAt, CancellationToken withdrawn)
    {
        var code = (int)response.StatusCode;
        if (code is >= 300 and < 400)
        {
            return Unavailable($"it answers that it is at {Quoted(response.Headers.Location?.ToString() ?? "another address")}. "
                + "No redirection is followed: put the address itself into 'url'");
        }

        var said = Said(await BodyAsync(response, LargestError, withdrawn) ?? []);
        var what = $"HTTP {code}{(said.Length == 0 ? "" : $": {Quoted(said)}")}";
        if (said.Contains("insufficient_quota", StringComparison.Ordinal))
        {
            return Unavailable(what);
        }

        switch (code)
        {
            case 401 or 403:
                return Unavailable($"{what} ({(_connection.KeyVariable is { } variable
                    ? $"the key is that of the environment variable {variable}" : "'key_variable' in its placement names none")})");
            case 404 or 405:
                return Unavailable($"{what} (for {request.RequestUri})");
            case 429 or 502 or 503 or 504:
                return Busy(sentAt, After(response), $"has no room: {what}");
            case 408 or 409 or 425 or >= 500:
                return Bad(what);
            default:
                EndpointMetrics.Asked(_role, "refused");
                return new RequestRefusedException($"{_connection.Root.Host} refuses the request: {what}");
        }
    }

    private Exception Busy(DateTimeOffset sentAt, TimeSpan? after, string what)
    {
        EndpointMetrics.Asked(_role, "busy");
        var since = _gate.Refused(sentAt, after);
        return since >= EndpointGate.Patience || after >= EndpointGate.Patience
            ? Unavailable($"it has taken nothing for {since.TotalMinutes:0} minutes{(after is { } pause ? $", and asks to wait {pause.TotalSeconds:0} s more" : "")}: {what}")
            : new ModelBusyException($"{_connection.Root.Host} {what}");
    }

    private TimeSpan? After(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter?.Delta ?? response.Headers.RetryAfter?.Date - _time.GetUtcNow();
        return after < TimeSpan.Zero ? TimeSpan.Zero : after;
    }

    /// <summary>The words of an error, wherever this kind of server puts them.</summary>
    private static string Said(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return root.GetRawText();
            }

            foreach (var key in new[] { "error", "detail", "message" })
            {
                if (root.TryGetProperty(key, out var said))
                {
                    return said.ValueKind == JsonValueKind.String ? said.GetString()! : said.GetRawText();
                }
            }

            return root.GetRawText();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Encoding.UTF8.GetString(body);
        }
    }

    /// <summary>Tokens in and out, as far as the answer says.</summary>
    private static (int Sent, int Received) Usage(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
            ? (Count(usage, "prompt_tokens", "input_tokens"), Count(usage, "completion_tokens", "output_tokens"))
            : (0, 0);

    private static int Count(JsonElement usage, params string[] keys)
    {
        const int Most = 100_000_000;
        foreach (var key in keys)
        {
            if (usage.TryGetProperty(key, out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out var tokens))
            {
                return Math.Clamp(tokens, 0, Most);
            }
        }

        return 0;
    }

    private BadAnswerException Bad(string what)
    {
        EndpointMetrics.Asked(_role, "failed");
        return new($"{_connection.Root.Host}: {_connection.WithoutKey(what)}");
    }

    private ModelUnavailableException Unavailable(string what, Exception? inner = null) =>
        new($"the server {_connection.Root} cannot be asked: {_connection.WithoutKey(what)}", inner);

    private string Quoted(string text) => VisibleText.Short(_connection.WithoutKey(text), 300);
}

/// <param name="Price">What the server took for it; null where the placement says no price.</param>
internal readonly record struct PricedAnswer(JsonElement Answer, double? Price);

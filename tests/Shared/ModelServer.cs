using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ReflectDiT.Eval.Core.Models;

namespace ReflectDiT.Eval.Testing;

/// <summary>
/// A server on the loopback that speaks a dialect of OpenAI's protocols, with models of this process behind it. As the real
/// ones do, SGLang's has a fixed seed for who sends none, vLLM's ignore what they do not know, and OpenAI's refuses it.
/// The words of a request are those of the simulated models: a prompt, and in an edit the feedback below it.
/// </summary>
internal sealed class ModelServer : IAsyncDisposable
{
    public const string ImageModel = "images-1";
    public const string ChatModel = "chat-1";

    private static readonly string[] OfOpenAi =
    [
        "model", "prompt", "n", "size", "quality", "output_format",
        "messages", "temperature", "seed", "max_completion_tokens", "response_format", "logprobs", "top_logprobs",
    ];

    private readonly WebApplication _server;
    private readonly string _dialect;
    private int _count;

    private ModelServer(WebApplication server, string dialect) => (_server, _dialect) = (server, dialect);

    public Uri Url { get; private set; } = null!;

    /// <summary>Draws.</summary>
    public IGenerator? Generator { get; init; }

    /// <summary>Judges; the text of a question is its prompt.</summary>
    public IJudge? Judge { get; init; }

    /// <summary>Answers questions that have no image, or that no judge is asked.</summary>
    public Func<string, string> Says { get; init; } = text => text;

    /// <summary>Called with each request and its number, from 0; true where it has answered.</summary>
    public Func<HttpContext, int, Task<bool>> Intercept { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>What was asked, as path and body.</summary>
    public ConcurrentQueue<(string Path, JsonObject Body)> Asked { get; } = [];

    /// <param name="dialect">vllm-omni, sglang or openai; of chat vllm, vllm-guided, sglang, openai or plain.</param>
    public static async Task<ModelServer> StartAsync(
        string dialect, IGenerator? generator = null, IJudge? judge = null, Func<string, string>? says = null, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, at =>
        {
            if (certificate is not null)
            {
                at.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        var server = new ModelServer(app, dialect) { Generator = generator, Judge = judge, Says = says ?? (text => text) };
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return server;
    }

    /// <summary>A certificate for the loopback, and the file of who vouches for it.</summary>
    public static X509Certificate2 Certificate(string caFile, DateTimeOffset until)
    {
        var begin = until.AddDays(-30);
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=root of tests", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.CreateSelfSigned(begin.AddDays(-1), until.AddYears(1));
        File.WriteAllText(caFile, root.ExportCertificatePem());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(root, begin, until, [1, 2, 3, 4]);
        using var whole = leaf.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public async ValueTask DisposeAsync()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(stop.Token);
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path == "/v1/models")
        {
            await JsonAsync(http, new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray(new JsonObject { ["id"] = ImageModel }, new JsonObject { ["id"] = ChatModel, ["revision"] = "main" }),
            });
            return;
        }

        if (await Intercept(http, Interlocked.Increment(ref _count) - 1))
        {
            return;
        }

        var (body, images) = await ReadAsync(http.Request);
        Asked.Enqueue((http.Request.Path, body));
        if (_dialect == "openai" && body.Select(p => p.Key).Except(OfOpenAi).FirstOrDefault() is { } unknown)
        {
            await ErrorAsync(http, 400, $"Unknown parameter: '{unknown}'.");
            return;
        }

        await (http.Request.Path.Value switch
        {
            "/v1/images/generations" => DrawAsync(http, body, []),
            "/v1/images/edits" => DrawAsync(http, body, images),
            "/v1/chat/completions" => ChatAsync(http, body),
            _ => ErrorAsync(http, 404, "Not Found"),
        });
    }

    private async Task DrawAsync(HttpContext http, JsonObject body, IReadOnlyList<byte[]> images)
    {
        if (images.Count == 0 && http.Request.Path == "/v1/images/edits")
        {
            await ErrorAsync(http, 400, "image is required");
            return;
        }

        var words = body["prompt"]!.ToString().Split('\n');
        var seed = body["seed"] is { } given ? long.Parse(given.ToString()) : _dialect == "sglang" ? 1024 : System.Random.Shared.NextInt64();
        var drawn = (await Generator!.AnswerAsync(
            [new(words[0], seed, [.. images.Zip(words.Skip(1), (image, said) => new ContextImage(image, said[(said.IndexOf(": ", StringComparison.Ordinal) + 1)..].TrimStart()))])],
            http.RequestAborted))[0];
        var answer = new JsonObject { ["created"] = 1 };
        if (_dialect == "sglang")
        {
            answer.Add("inference_time_s", drawn.DeviceSeconds);
        }

        answer.Add("data", new JsonArray(
            _dialect == "sglang" && body["response_format"]?.ToString() != "b64_json"
                ? new JsonObject { ["url"] = "/v1/images/1/content" }
                : new JsonObject { ["b64_json"] = Convert.ToBase64String(drawn.Image.Span) }));
        await JsonAsync(http, answer);
    }

    private async Task ChatAsync(HttpContext http, JsonObject body)
    {
        var parts = body["messages"]![0]!["content"]!.AsArray();
        var text = parts.Single(p => p!["type"]!.ToString() == "text")!["text"]!.ToString();
        var url = parts.SingleOrDefault(p => p!["type"]!.ToString() == "image_url")?["image_url"]!["url"]!.ToString();
        var (said, score) = (Says(text), 0.5);
        if (url is not null && Judge is not null)
        {
            var image = Convert.FromBase64String(url["data:image/png;base64,".Length..]);
            var judged = (await Judge.AnswerAsync([new(text, image, body["seed"]!.GetValue<long>())], http.RequestAborted))[0];
            score = judged.Verdict.Score!.Value;
            said = IsStructured(body)
                ? new JsonObject { ["accepted"] = judged.Verdict.Accepted, ["feedback"] = judged.Verdict.Feedback, ["score"] = score }.ToJsonString()
                : judged.Text;
        }

        var choice = new JsonObject
        {
            ["index"] = 0,
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = said },
            ["finish_reason"] = "stop",
        };
        if (body["logprobs"]?.GetValue<bool>() == true)
        {
            choice.Add("logprobs", new JsonObject
            {
                ["content"] = new JsonArray(new JsonObject
                {
                    ["token"] = said,
                    ["logprob"] = Math.Log(score),
                    ["top_logprobs"] = new JsonArray(
                        Likely("Yes", score / 4), Likely(" yes", 3 * score / 4), Likely("maybe", 0.2), Likely("No", 1 - score)),
                }),
            });
        }

        await JsonAsync(http, new JsonObject
        {
            ["id"] = "1",
            ["choices"] = new JsonArray(choice),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 1400, ["completion_tokens"] = 59, ["total_tokens"] = 1459 },
        });
    }

    private static JsonObject Likely(string token, double probability) =>
        new() { ["token"] = token, ["logprob"] = Math.Log(Math.Max(probability, 1e-300)) };

    private bool IsStructured(JsonObject body) => _dialect switch
    {
        "vllm" => body["structured_outputs"]?["json"] is not null,
        "vllm-guided" => body["guided_json"] is not null,
        "sglang" or "openai" => body["response_format"]?["json_schema"]?["schema"] is not null,
        _ => body["messages"]!.ToJsonString().Contains("JSON", StringComparison.Ordinal),
    };

    private static async Task<(JsonObject Body, IReadOnlyList<byte[]> Images)> ReadAsync(HttpRequest request)
    {
        if (!request.HasFormContentType)
        {
            return ((await JsonNode.ParseAsync(request.Body))!.AsObject(), []);
        }

        var form = await request.ReadFormAsync();
        var images = new List<byte[]>();
        foreach (var file in form.Files.Where(f => f.Name is "image" or "image[]"))
        {
            using var content = new MemoryStream();
            await file.CopyToAsync(content);
            images.Add(content.ToArray());
        }

        return (new JsonObject(form.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)JsonValue.Create(f.Value.ToString())))), images);
    }

    public static Task JsonAsync(HttpContext http, JsonNode answer, int status = 200) => TextAsync(http, answer.ToJsonString(), status);

    public static async Task TextAsync(HttpContext http, string answer, int status = 200, string type = "application/json")
    {
        (http.Response.StatusCode, http.Response.ContentType) = (status, type);
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer), http.RequestAborted);
    }

    /// <summary>In the form of this kind of server.</summary>
    private Task ErrorAsync(HttpContext http, int status, string message) => JsonAsync(
        http, _dialect == "openai" ? new JsonObject { ["error"] = new JsonObject { ["message"] = message } } : new JsonObject { ["detail"] = message }, status);
}

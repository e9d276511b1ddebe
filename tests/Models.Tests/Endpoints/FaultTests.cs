using System.Text;
using Microsoft.AspNetCore.Http;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Endpoints;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Models.Tests.Endpoints;

/// <summary>Whatever a server does ends in a sentence, and tells a bad answer from a server that cannot be asked.</summary>
public sealed class FaultTests : IDisposable
{
    private const string Key = "sk-secret-0123456789";

    private static readonly DrawRequest Request = new("a photo of a dog", 1, []);

    private static readonly byte[] Small = Images.PngWriter.Encode(new Images.RgbImage(1, 1, [1, 2, 3]));

    private static readonly Dictionary<string, (Func<HttpContext, Task> Answer, Type Failure, string Reason)> Faults = new()
    {
        ["half an answer"] = (HalfAsync, typeof(BadAnswerException), "broke off"),
        ["another content type"] = (http => ModelServer.TextAsync(http, "<html>hello", type: "text/html"), typeof(BadAnswerException), "text/html"),
        ["no content type"] = (http => ModelServer.TextAsync(http, "{}", type: null!), typeof(BadAnswerException), "expected application/json"),
        ["a body said to be huge"] = (HugeAsync, typeof(BadAnswerException), "more than"),
        ["NaN"] = (http => ModelServer.TextAsync(http, """{"data": [{"b64_json": NaN}]}"""), typeof(BadAnswerException), "no JSON"),
        ["cut JSON"] = (http => ModelServer.TextAsync(http, """{"data": [{"""), typeof(BadAnswerException), "no JSON"),
        ["no JSON"] = (http => ModelServer.TextAsync(http, "data"), typeof(BadAnswerException), "no JSON"),
        ["a list"] = (http => ModelServer.TextAsync(http, "[]"), typeof(BadAnswerException), "without exactly one image"),
        ["null"] = (http => ModelServer.TextAsync(http, "null"), typeof(BadAnswerException), "without exactly one image"),
        ["no image"] = (http => ModelServer.TextAsync(http, """{"data": []}"""), typeof(BadAnswerException), "without exactly one image"),
        ["two images"] = (http => ModelServer.TextAsync(http, """{"data": [{}, {}]}"""), typeof(BadAnswerException), "without exactly one image"),
        ["an address"] = (http => ModelServer.TextAsync(http, """{"data": [{"url": "http://127.0.0.1/x"}]}"""), typeof(BadAnswerException), "nothing is fetched"),
        ["no base64"] = (http => ModelServer.TextAsync(http, """{"data": [{"b64_json": "%%%"}]}"""), typeof(BadAnswerException), "no base64"),
        ["U+0000"] = (http => ModelServer.TextAsync(http, """{"data": [{"b64_json": "\u0000"}]}"""), typeof(BadAnswerException), "no base64"),
        ["no picture"] = (http => ModelServer.JsonAsync(http, OpenAiImagesTests.Answer([1, 2, 3])), typeof(BadAnswerException), "Not a readable image"),
        ["half a picture"] = (http => ModelServer.JsonAsync(http, OpenAiImagesTests.Answer(OpenAiImagesTests.Png(1)[..^20])), typeof(BadAnswerException), "cut off"),
        ["a picture of another size"] = (http => ModelServer.JsonAsync(http, OpenAiImagesTests.Answer(Small)), typeof(BadAnswerException), "asked for were 256 x 256"),
        ["an inner error"] = (http => ModelServer.TextAsync(http, """{"detail": "boom"}""", 500), typeof(BadAnswerException), "HTTP 500: boom"),
        ["a refusal"] = (http => ModelServer.TextAsync(http, """{"error": {"message": "not allowed", "code": "moderation_blocked"}}""", 400), typeof(RequestRefusedException), "moderation_blocked"),
        ["a validation error"] = (http => ModelServer.TextAsync(http, """{"detail": [{"loc": ["size"]}]}""", 422), typeof(RequestRefusedException), "HTTP 422"),
        ["no such address"] = (http => ModelServer.TextAsync(http, "Not Found", 404, "text/plain"), typeof(ModelUnavailableException), "HTTP 404"),
        ["a wrong key"] = (http => ModelServer.TextAsync(http, $$$"""{"error": {"message": "Incorrect API key provided: {{{Key}}}."}}""", 401), typeof(ModelUnavailableException), "FAULT_TESTS_API_KEY"),
        ["no money"] = (http => ModelServer.TextAsync(http, """{"error": {"code": "insufficient_quota"}}""", 429), typeof(ModelUnavailableException), "insufficient_quota"),
        ["a long pause"] = (AfterAsync, typeof(ModelUnavailableException), "asks to wait 86400 s"),
    };

    public FaultTests() => Environment.SetEnvironmentVariable("FAULT_TESTS_API_KEY", Key);

    public static TheoryData<string> Kinds => [.. Faults.Keys];

    public void Dispose() => Environment.SetEnvironmentVariable("FAULT_TESTS_API_KEY", null);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_fault_is_told_by_name_and_without_the_key(string kind)
    {
        var (answer, failure, reason) = Faults[kind];
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        var authorized = new List<string>();
        server.Intercept = async (http, _) =>
        {
            authorized.Add(http.Request.Headers.Authorization.ToString());
            await answer(http);
            return true;
        };
        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => Remote.DrawAsync(
            new() { Url = server.Url, KeyVariable = "FAULT_TESTS_API_KEY" }, Remote.Images("vllm-omni"), Request));
        Assert.IsType(failure, thrown);
        Assert.Contains(reason, thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, thrown.ToString(), StringComparison.Ordinal);
        Assert.Equal([$"Bearer {Key}"], authorized);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task A_storm_of_refusals_costs_no_try_and_no_time_of_the_call(int status)
    {
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        server.Intercept = async (http, number) =>
        {
            if (number % 7 == 6)
            {
                return false;
            }

            http.Response.Headers.RetryAfter = "0";
            await ModelServer.TextAsync(http, "busy", status, "text/plain");
            return true;
        };
        using var host = new ModelHost();
        var model = host.Generator(Remote.Configuration(Remote.Images("vllm-omni")), new() { Url = server.Url, Concurrency = 4 });
        var drawn = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => model.AskAsync(Request with { Seed = i }, Remote.Deadline, CancellationToken.None)))
            .WaitAsync(Remote.Deadline);
        Assert.Equal(12, drawn.Length);
        Assert.Equal(Enumerable.Range(0, 12), server.Asked.Select(asked => asked.Body["seed"]!.GetValue<int>()).Order());
    }

    [Fact]
    public async Task Slow_bytes_end_with_the_time_of_the_call_and_the_server_is_told()
    {
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        var left = new TaskCompletionSource();
        server.Intercept = async (http, _) =>
        {
            http.RequestAborted.Register(() => left.TrySetResult());
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync("{"u8.ToArray());
            await http.Response.Body.FlushAsync();
            await left.Task;
            return true;
        };
        await Assert.ThrowsAsync<NoAnswerException>(() => Remote.DrawAsync(
            new() { Url = server.Url }, Remote.Images("vllm-omni"), Request, TimeSpan.FromSeconds(0.3)));
        await left.Task.WaitAsync(Remote.Deadline);
    }

    [Fact]
    public async Task A_body_that_grows_beyond_what_an_answer_may_have_is_left()
    {
        await using var server = await ModelServer.StartAsync("plain");
        server.Intercept = async (http, _) =>
        {
            http.Response.ContentType = "application/json";
            var part = new byte[1 << 16];
            Array.Fill(part, (byte)' ');
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(part);
            }

            return true;
        };
        var failure = await Assert.ThrowsAsync<BadAnswerException>(() => Remote.JudgeAsync(
            new() { Url = server.Url }, Remote.Chat("plain"), new("a dog", OpenAiImagesTests.Png(1), 1)));
        Assert.Contains("more than", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirection_is_not_followed_and_the_other_host_hears_nothing()
    {
        await using var other = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        var heard = 0;
        other.Intercept = (_, _) => Task.FromResult(Interlocked.Increment(ref heard) < 0);
        server.Intercept = (http, _) =>
        {
            http.Response.Redirect(new Uri(other.Url, "v1/images/generations").ToString(), permanent: false, preserveMethod: true);
            return Task.FromResult(true);
        };
        var failure = await Assert.ThrowsAsync<ModelUnavailableException>(() => Remote.DrawAsync(
            new() { Url = server.Url, KeyVariable = "FAULT_TESTS_API_KEY" }, Remote.Images("vllm-omni"), Request));
        Assert.Contains($"{other.Url.Authority}/v1/images/generations", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, heard);
    }

    [Fact]
    public async Task A_certificate_counts_by_who_vouches_for_it_and_as_long_as_it_is_valid()
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-tls-").FullName;
        try
        {
            var ca = Path.Combine(folder, "ca.pem");
            using (var certificate = ModelServer.Certificate(ca, DateTimeOffset.UtcNow.AddDays(20)))
            {
                await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator, certificate: certificate);
                await Remote.DrawAsync(new() { Url = server.Url, CaFile = ca }, Remote.Images("vllm-omni"), Request);
                var unknown = await Assert.ThrowsAsync<ModelUnavailableException>(
                    () => Remote.DrawAsync(new() { Url = server.Url }, Remote.Images("vllm-omni"), Request));
                Assert.Contains("not trusted", unknown.Message, StringComparison.Ordinal);
            }

            using var old = ModelServer.Certificate(ca, DateTimeOffset.UtcNow.AddDays(-1));
            await using var expired = await ModelServer.StartAsync("vllm-omni", Remote.Generator, certificate: old);
            var failure = await Assert.ThrowsAsync<ModelUnavailableException>(
                () => Remote.DrawAsync(new() { Url = expired.Url, CaFile = ca }, Remote.Images("vllm-omni"), Request));
            Assert.Contains("NotTimeValid", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task What_cannot_be_asked_says_so_when_it_is_loaded()
    {
        await using var server = await ModelServer.StartAsync("vllm-omni");
        var gone = await ModelServer.StartAsync("vllm-omni");
        await gone.DisposeAsync();
        await Refused(new(), "needs a url");
        await Refused(new() { Url = server.Url, Path = "weights" }, "takes no path");
        await Refused(new() { Url = gone.Url }, "cannot be reached");
        await Refused(new() { Url = server.Url, KeyVariable = "NOBODY_SET_THIS_API_KEY" }, "NOBODY_SET_THIS_API_KEY, which its placement names for the server's key, is not set");
        await Refused(new() { Url = server.Url, CaFile = "/nowhere.pem" }, "ca_file");
        await Refused(new() { Url = server.Url }, "no model 'other'; it has: images-1, chat-1", Remote.Images("vllm-omni") with { Model = "other" });
        await Refused(new() { Url = server.Url }, "takes no steps", Remote.Images("openai") with { Steps = 3 });

        static async Task Refused(Placement placement, string reason, OpenAiImagesParameters? parameters = null)
        {
            var failure = await Assert.ThrowsAsync<ModelUnavailableException>(
                () => Remote.DrawAsync(placement, parameters ?? Remote.Images("vllm-omni"), Request));
            Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        }
    }

    private static async Task HalfAsync(HttpContext http)
    {
        (http.Response.ContentType, http.Response.ContentLength) = ("application/json", 1000);
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("""{"data": ["""));
        await http.Response.Body.FlushAsync();
        http.Abort();
    }

    private static async Task HugeAsync(HttpContext http)
    {
        (http.Response.ContentType, http.Response.ContentLength) = ("application/json", 1L << 40);
        var left = new TaskCompletionSource();
        http.RequestAborted.Register(() => left.TrySetResult());
        await http.Response.Body.WriteAsync("{"u8.ToArray());
        await http.Response.Body.FlushAsync();
        await left.Task.WaitAsync(Remote.Deadline);
    }

    private static Task AfterAsync(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "86400";
        return ModelServer.TextAsync(http, "{}", 503);
    }
}

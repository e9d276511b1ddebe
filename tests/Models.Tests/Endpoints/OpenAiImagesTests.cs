using System.Net;
using System.Text.Json.Nodes;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Endpoints;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Tests.Simulated;
using ReflectDiT.Eval.Testing;
using SkiaSharp;

namespace ReflectDiT.Eval.Models.Tests.Endpoints;

public sealed class OpenAiImagesTests
{
    private const string Prompt = "a photo of two dogs";
    private const long Seed = 1234567890123456789;

    private static readonly EditParameters Edit = new("all", "{prompt}\n{feedback}");

    [Theory]
    [InlineData("vllm-omni", "generator_device guidance_scale model n negative_prompt num_inference_steps output_format prompt response_format seed size true_cfg_scale")]
    [InlineData("sglang", "generator_device guidance_scale model n negative_prompt num_inference_steps output_format prompt response_format seed size true_cfg_scale")]
    [InlineData("openai", "model n output_format prompt quality size")]
    public async Task A_generation_says_all_that_its_dialect_has(string dialect, string keys)
    {
        await using var server = await ModelServer.StartAsync(dialect, Remote.Generator);
        var parameters = dialect == "openai"
            ? Remote.Images(dialect) with { Quality = "high" }
            : Remote.Images(dialect) with { Steps = 20, Guidance = 4.5, TrueCfg = 2, NegativePrompt = "blurry", GeneratorDevice = "cpu" };
        var drawn = await Remote.DrawAsync(new() { Url = server.Url }, parameters, new(Prompt, Seed, []));
        var (path, body) = Assert.Single(server.Asked);
        Assert.Equal("/v1/images/generations", path);
        Assert.Equal(keys, string.Join(' ', body.Select(p => p.Key).Order(StringComparer.Ordinal)));
        Assert.Equal((1, "256x256"), (body["n"]!.GetValue<int>(), body["size"]!.ToString()));
        if (dialect != "openai")
        {
            var local = await Remote.Generator.OneAsync(new DrawRequest(Prompt, Seed, []));
            Assert.Equal((Seed, "b64_json"), (body["seed"]!.GetValue<long>(), body["response_format"]!.ToString()));
            Assert.Equal(local.Image.ToArray(), drawn.Image.ToArray());
            Assert.Equal(40, drawn.FunctionEvaluations);
        }
    }

    /// <summary>Of the process: .NET reads it from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.</summary>
    [Fact]
    public async Task A_server_is_reached_through_the_proxy()
    {
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        HttpClient.DefaultProxy = new ProxyOf("models.invalid", server.Url, HttpClient.DefaultProxy);
        var drawn = await Remote.DrawAsync(new() { Url = new("http://models.invalid:8000") }, Remote.Images("vllm-omni"), new(Prompt, Seed, []));
        Assert.Single(server.Asked);
        Assert.Equal((await Remote.Generator.OneAsync(new DrawRequest(Prompt, Seed, []))).Image.ToArray(), drawn.Image.ToArray());
    }

    [Theory]
    [InlineData("vllm-omni")]
    [InlineData("sglang")]
    public async Task Past_images_are_edited_by_what_was_said_of_them(string dialect)
    {
        await using var server = await ModelServer.StartAsync(dialect, Remote.Generator);
        DrawRequest request = new(Prompt, Seed, [new(Png(1), "There should be two dogs."), new(Png(2), "The dogs: should be brown.")]);
        var all = await Remote.DrawAsync(new() { Url = server.Url }, Remote.Images(dialect) with { Edit = Edit }, request);
        var last = await Remote.DrawAsync(
            new() { Url = server.Url }, Remote.Images(dialect) with { Edit = Edit with { Images = "last", Template = "{prompt}\nit: {feedback}" } }, request);
        Assert.All(server.Asked, asked => Assert.Equal("/v1/images/edits", asked.Path));
        Assert.Equal(
            [$"{Prompt}\nImage 1: There should be two dogs.\nImage 2: The dogs: should be brown.", $"{Prompt}\nit: The dogs: should be brown."],
            server.Asked.Select(asked => asked.Body["prompt"]!.ToString()));
        Assert.Equal((await Remote.Generator.OneAsync(request)).Image.ToArray(), all.Image.ToArray());
        Assert.Equal((await Remote.Generator.OneAsync(request with { Context = [request.Context[1]] })).Image.ToArray(), last.Image.ToArray());
    }

    [Fact]
    public async Task OpenAi_is_sent_several_images_under_its_own_name()
    {
        await using var server = await ModelServer.StartAsync("openai", Remote.Generator);
        var parts = new List<string>();
        server.Intercept = async (http, _) =>
        {
            var form = await http.Request.ReadFormAsync();
            parts.AddRange(form.Files.Select(f => $"{f.Name} {f.ContentType} {f.Length}"));
            await ModelServer.JsonAsync(http, Answer(Png(3)));
            return true;
        };
        await Remote.DrawAsync(
            new() { Url = server.Url }, Remote.Images("openai") with { Edit = Edit }, new(Prompt, Seed, [new(Png(1), "a"), new(Png(2), "b")]));
        Assert.Equal([$"image[] image/png {Png(1).Length}", $"image[] image/png {Png(2).Length}"], parts);
    }

    [Fact]
    public async Task A_prompt_is_rewritten_by_a_language_model_from_the_feedback()
    {
        await using var images = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        await using var chat = await ModelServer.StartAsync("vllm", says: _ => "\" a photo of two brown dogs\" ");
        var parameters = Remote.Images("vllm-omni") with { Rewrite = new(ModelServer.ChatModel, Dialect: "vllm") };
        var placement = new Placement { Url = images.Url, PricePerRequest = 0.04, Rewriter = new() { Url = chat.Url, PricePerMillionIn = 100, PricePerMillionOut = 1000 } };
        var context = new ContextImage(Png(1), "The dogs should be brown.");
        await Remote.DrawAsync(placement, parameters, new(Prompt, Seed, []));
        Assert.Empty(chat.Asked);
        var drawn = await Remote.DrawAsync(placement, parameters, new(Prompt, Seed, [context]));
        var asked = Assert.Single(chat.Asked).Body["messages"]!.ToJsonString();
        Assert.Contains(Prompt, asked, StringComparison.Ordinal);
        Assert.Contains("The dogs should be brown.", asked, StringComparison.Ordinal);
        Assert.Equal("a photo of two brown dogs", drawn.Rewritten);
        Assert.Equal(0.04 + (1400 * 0.0001) + (59 * 0.001), drawn.Price!.Value, 1e-9);
        Assert.Equal(["a photo of two dogs", "a photo of two brown dogs"], images.Asked.Select(a => a.Body["prompt"]!.ToString()));
        Assert.Equal((await Remote.Generator.OneAsync(new DrawRequest("a photo of two brown dogs", Seed, []))).Image.ToArray(), drawn.Image.ToArray());
    }

    [Fact]
    public async Task A_model_that_is_told_no_way_to_use_a_context_refuses_one()
    {
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => Remote.DrawAsync(
            new() { Url = server.Url }, Remote.Images("vllm-omni"), new(Prompt, 1, [new(Png(1), "no")])));
        Assert.Contains("'edit' or 'rewrite'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_ignores_seeds_is_found_out_after_two_prompts()
    {
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        server.Intercept = async (http, _) =>
        {
            await ModelServer.JsonAsync(http, Answer(Png(7)));
            return true;
        };
        using var model = new OpenAiImages(new() { Url = server.Url }, Remote.Images("vllm-omni"));
        foreach (var (prompt, seed) in new[] { ("one", 1), ("one", 2), ("one", 3), ("one", 1), ("two", 1), ("two", 1) })
        {
            await model.OneAsync(new DrawRequest(prompt, seed, []));
        }

        var stopped = await Assert.ThrowsAsync<ModelUnavailableException>(() => model.OneAsync(new DrawRequest("two", 2, [])));
        Assert.Contains("ignores the seed", stopped.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => model.OneAsync(new DrawRequest("three", 2, [])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Equal_images_of_one_colour_show_nothing_and_one_seed_that_counts_is_enough(bool ofOneColour)
    {
        await using var server = await ModelServer.StartAsync("vllm-omni", Remote.Generator);
        server.Intercept = async (http, number) =>
        {
            await ModelServer.JsonAsync(http, Answer(ofOneColour ? Flat() : number == 1 ? Png(8) : Png(7)));
            return true;
        };
        using var model = new OpenAiImages(new() { Url = server.Url }, Remote.Images("vllm-omni"));
        foreach (var (prompt, seed) in new[] { ("one", 1), ("one", 2), ("two", 1), ("two", 2), ("three", 1), ("three", 2) })
        {
            await model.OneAsync(new DrawRequest(prompt, seed, []));
        }
    }

    [Fact]
    public async Task What_is_no_png_becomes_one_of_the_same_pixels()
    {
        await using var server = await ModelServer.StartAsync("openai");
        using var bitmap = SKBitmap.Decode(Png(5));
        var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90).ToArray();
        server.Intercept = async (http, _) =>
        {
            await ModelServer.JsonAsync(http, Answer(jpeg));
            return true;
        };
        var drawn = await Remote.DrawAsync(new() { Url = server.Url }, Remote.Images("openai"), new(Prompt, 1, []));
        Assert.Equal(PngWriter.Encode(ImageReader.Decode(jpeg)), drawn.Image.ToArray());
    }

    [Fact]
    public async Task A_digest_is_of_the_name_and_what_the_server_says_of_it_and_of_no_place()
    {
        await using var one = await ModelServer.StartAsync("vllm-omni");
        await using var other = await ModelServer.StartAsync("sglang");
        using var here = new OpenAiImages(new() { Url = one.Url, Concurrency = 3 }, Remote.Images("vllm-omni"));
        using var there = new OpenAiImages(new() { Url = new Uri(other.Url, "v1/") }, Remote.Images("sglang"));
        using var named = new OpenAiImages(new() { Url = one.Url }, Remote.Images("vllm-omni") with { Model = ModelServer.ChatModel });
        Assert.Equal(here.Digest, there.Digest);
        Assert.NotEqual(here.Digest, named.Digest);
        Assert.Equal(3, here.Batches.AtOnce);
    }

    internal static JsonObject Answer(byte[] image) => new() { ["data"] = new JsonArray(new JsonObject { ["b64_json"] = Convert.ToBase64String(image) }) };

    internal static byte[] Png(byte which)
    {
        var samples = new byte[3 * Remote.Size * Remote.Size];
        samples[which] = which;
        return PngWriter.Encode(new RgbImage(Remote.Size, Remote.Size, samples));
    }

    private static byte[] Flat() => PngWriter.Encode(new RgbImage(Remote.Size, Remote.Size, new byte[3 * Remote.Size * Remote.Size]));

    /// <summary>For one host; all others are reached as before, as other tests are at work.</summary>
    private sealed class ProxyOf(string host, Uri proxy, IWebProxy others) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => destination.Host == host ? proxy : others.GetProxy(destination);

        public bool IsBypassed(Uri destination) => destination.Host != host && others.IsBypassed(destination);
    }
}

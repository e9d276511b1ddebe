using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReflectDiT.Eval.Core.Models;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// What a server is asked for an image, in its dialect: always one image, of an explicit size, in the answer itself, and
/// with an explicit seed where it takes one (SGLang and others have a fixed seed for who sends none).
/// </summary>
internal static class ImagesRequest
{
    public const string Generations = "images/generations";
    public const string Edits = "images/edits";

    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static HttpContent Generation(OpenAiImagesParameters parameters, string prompt, long seed)
    {
        var body = new JsonObject();
        foreach (var (key, value) in Fields(parameters, prompt, seed))
        {
            body.Add(key, value);
        }

        return new StringContent(body.ToJsonString(Form), Encoding.UTF8, "application/json");
    }

    public static HttpContent Edit(OpenAiImagesParameters parameters, string prompt, long seed, IReadOnlyList<ContextImage> images)
    {
        var form = new MultipartFormDataContent();
        // OpenAI knows several images by another name than one.
        var name = images.Count > 1 && parameters.Dialect == OpenAiImagesParameters.OpenAi ? "image[]" : "image";
        foreach (var (i, image) in images.Index())
        {
            var part = new ReadOnlyMemoryContent(image.Image);
            part.Headers.ContentType = new MediaTypeHeaderValue("image/png");
            form.Add(part, $"\"{name}\"", $"\"{i}.png\"");
        }

        foreach (var (key, value) in Fields(parameters, prompt, seed))
        {
            form.Add(new StringContent(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()), $"\"{key}\"");
        }

        return form;
    }

    private static IEnumerable<(string Key, JsonNode Value)> Fields(OpenAiImagesParameters parameters, string prompt, long seed)
    {
        yield return ("model", parameters.Model);
        yield return ("prompt", prompt);
        yield return ("n", 1);
        yield return ("size", string.Create(CultureInfo.InvariantCulture, $"{parameters.Width}x{parameters.Height}"));
        yield return ("output_format", "png");
        if (parameters.Dialect == OpenAiImagesParameters.OpenAi)
        {
            if (parameters.Quality is { } quality)
                yield return ("quality", quality);
            yield break; // it answers with the image, refuses to be told so, and takes no seed
        }

        yield return ("response_format", "b64_json");
        yield return ("seed", seed);
        if (parameters.Steps is { } steps)
            yield return ("num_inference_steps", steps);
        if (parameters.Guidance is { } guidance)
            yield return ("guidance_scale", guidance);
        if (parameters.TrueCfg is { } cfg)
            yield return ("true_cfg_scale", cfg);
        if (parameters.NegativePrompt is { } negative)
            yield return ("negative_prompt", negative);
        if (parameters.GeneratorDevice is { } device)
            yield return ("generator_device", device);
    }
}

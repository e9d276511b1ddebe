using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ReflectDiT.Eval.Testing;

/// <summary>
/// Folders of weights as downloads lay them out, of networks with random weights that take milliseconds: those of the golden
/// cases, and tokenizers that spell in bytes.
/// </summary>
internal static class TinyNetworks
{
    public static readonly string Goldens = Path.Combine(FindRoot(), "tests/Networks.Tests/Goldens");

    /// <summary>A Reflect-DiT.</summary>
    public static string Generator(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, golden) in new[]
            {
                ("tokenizer", "sana-pipeline-1.0/tokenizer"), ("text_encoder", "sana-pipeline-1.0/text_encoder"),
                ("scheduler", "sana-pipeline-1.0/scheduler"), ("vae", "dc-ae-linear/vae"), ("transformer", "reflect-pipeline-k0/transformer"),
                ("vision_encoder", "reflect-pipeline-k1/vision_encoder"),
            })
        {
            Link(folder, name, golden);
        }

        return folder;
    }

    /// <summary>A Qwen2.5-VL.</summary>
    public static string Judge(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in new[] { "config.json", "generation_config.json", "model.safetensors" })
            Link(folder, name, $"qwen25-vl-forward/vlm/{name}");
        // The network has 300 tokens. Control characters come behind them: no text that it writes holds one.
        var pieces = new JsonObject();
        var (visible, control) = (0, 300);
        foreach (var (value, written) in Bytes())
            pieces[written] = value < 32 && value != '\n' ? control++ : visible++;
        for (; visible < 285; visible++)
            pieces[$"word{visible}"] = visible;
        Write(folder, "tokenizer.json", new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. new[]
            {
                ("<|endoftext|>", 285), ("<|im_start|>", 286), ("<|im_end|>", 287), ("<|vision_start|>", 288), ("<|vision_end|>", 289), ("<|image_pad|>", 290),
            }.Select(token => Added(token.Item1, token.Item2, normalized: false))]),
            ["normalizer"] = JsonNode.Parse("""{"type":"NFC"}"""),
            ["pre_tokenizer"] = Splits(
                @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", "Isolated", inverted: false),
            ["post_processor"] = JsonNode.Parse("""{"type":"ByteLevel"}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"ByteLevel"}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = pieces, ["merges"] = new JsonArray() },
        });
        return folder;
    }

    /// <summary>A Mask2Former as mmdet has it, or as transformers does, and a CLIP.</summary>
    public static string Detector(string folder, bool ofHuggingFace = false)
    {
        Directory.CreateDirectory(Path.Combine(folder, "clip"));
        if (ofHuggingFace)
        {
            Link(folder, "detector", "mask2former-hf/segmenter");
        }
        else
        {
            Directory.CreateDirectory(Path.Combine(folder, "detector"));
            Link(Path.Combine(folder, "detector"), "tiny.pth", "mask2former-mmdet-portrait/checkpoint.pth");
            File.WriteAllText(Path.Combine(folder, "detector", "mask2former.json"), """
                {"swin": {"width": 4, "depths": [2, 2, 2, 2], "heads": [1, 2, 4, 4]}, "width": 24, "heads": 2, "groups": 6, "encoder_layers": 2,
                 "encoder_mlp_width": 32, "decoder_layers": 4, "decoder_mlp_width": 40, "queries": 14}
                """);
        }

        var clip = Path.Combine(folder, "clip");
        var pieces = new JsonObject();
        foreach (var (value, written) in Bytes())
            (pieces[written], pieces[written + "</w>"]) = (value, 256 + value);
        (pieces["<|startoftext|>"], pieces["<|endoftext|>"]) = (512, 513);
        Write(clip, "tokenizer.json", new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added("<|startoftext|>", 512, normalized: true), Added("<|endoftext|>", 513, normalized: false)),
            ["normalizer"] = JsonNode.Parse("""
                {"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}
                """),
            ["pre_tokenizer"] = Splits(@"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "Removed", inverted: true),
            ["post_processor"] = JsonNode.Parse("""{"type":"RobertaProcessing","sep":["<|endoftext|>",513],"cls":["<|startoftext|>",512]}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"ByteLevel"}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["end_of_word_suffix"] = "</w>", ["vocab"] = pieces, ["merges"] = new JsonArray() },
        });
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens, "clip/open_clip/open_clip_config.json")))!;
        config["model_cfg"]!["text_cfg"]!["vocab_size"] = 514;
        Write(clip, "open_clip_config.json", config);
        Embed(Path.Combine(Goldens, "clip/open_clip/open_clip_model.safetensors"), Path.Combine(clip, "open_clip_model.safetensors"), "token_embedding.weight", 514);
        return folder;
    }

    /// <summary>The same file, with random vectors for more tokens.</summary>
    private static void Embed(string from, string to, string name, int tokens)
    {
        var file = File.ReadAllBytes(from);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        var (data, random) = (new MemoryStream(), new Random(1));
        foreach (var (key, tensor) in header.ToList())
        {
            if (key == "__metadata__")
                continue;
            var offsets = tensor!["data_offsets"]!.AsArray();
            var begin = data.Length;
            if (key == name)
            {
                var width = (int)tensor["shape"]![1]!;
                tensor["shape"]![0] = tokens;
                for (var i = 0; i < tokens * width; i++)
                    data.Write(BitConverter.GetBytes((float)random.NextDouble() - 0.5f));
            }
            else
            {
                data.Write(file.AsSpan(8 + length)[(int)offsets[0]!..(int)offsets[1]!]);
            }

            tensor["data_offsets"] = new JsonArray(begin, data.Length);
        }

        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, text.Length);
        File.WriteAllBytes(to, [.. size, .. text, .. data.ToArray()]);
    }

    /// <summary>Each byte, as vocabularies write it.</summary>
    private static IEnumerable<(int Value, string Written)> Bytes()
    {
        var invisible = 256;
        for (var value = 0; value < 256; value++)
        {
            var visible = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            yield return (value, ((char)(visible ? value : invisible++)).ToString());
        }
    }

    private static JsonObject Splits(string expression, string behavior, bool inverted) => new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = expression }, ["behavior"] = behavior, ["invert"] = inverted },
            JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""")),
    };

    private static JsonNode Added(string content, int id, bool normalized) => new JsonObject
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = normalized,
        ["special"] = true,
    };

    private static void Write(string folder, string name, JsonNode json) =>
        File.WriteAllText(Path.Combine(folder, name), json.ToJsonString(new JsonSerializerOptions { WriteIndented = false }));

    private static void Link(string folder, string name, string golden) =>
        File.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(Goldens, golden));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ReflectDiT.Eval.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("No ReflectDiT.Eval.sln above the tests.");
        return folder.FullName;
    }
}

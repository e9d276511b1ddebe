using System.Text.Json;
using ReflectDiT.Eval.Networks.Tokenizers;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>The kinds about texts and their ids. They hold no tensors: what is off is told by the line of the file that is.</summary>
internal static class TextKinds
{
    /// <summary>Both notations of the same tokenizer must give the same ids.</summary>
    public static void Tokenized(GoldenRun run)
    {
        foreach (var file in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer.legacy.json"])
        {
            var tokenizer = Tokenizer.Open(Path.Combine(run.Model("tokenizer"), file));
            foreach (var row in JsonLines.Read(run.Case.Folder, "encode.jsonl"))
            {
                AssertIds(row, "ids", tokenizer.Encode(row.Text("text")));
                AssertIds(row, "ids_without_special", tokenizer.Encode(row.Text("text"), special: false));
                AssertText(row, "decoded", tokenizer.Decode(row.Integers("ids_without_special")));
                AssertText(row, "decoded_skip_special", tokenizer.Decode(row.Integers("ids"), skipSpecial: true));
            }

            foreach (var row in JsonLines.Read(run.Case.Folder, "decode.jsonl"))
            {
                AssertText(row, "decoded", tokenizer.Decode(row.Integers("ids")));
                AssertText(row, "decoded_skip_special", tokenizer.Decode(row.Integers("ids"), skipSpecial: true));
            }

            foreach (var row in JsonLines.Read(run.Case.Folder, "encode300.jsonl"))
            {
                var (ids, used) = tokenizer.EncodePadded(row.Text("text"), row.Integers("input_ids").Length);
                AssertIds(row, "input_ids", ids);
                AssertIds(row, "attention_mask", [.. ids.Select((_, i) => i < used ? 1 : 0)]);
            }
        }
    }

    /// <summary>The published vocabularies, which npm serves; where it does not, the test is skipped and says why.</summary>
    public static void TokenizedForReal(GoldenRun run)
    {
        foreach (var vocabulary in run.Arguments.EnumerateObject())
        {
            var tokenizer = Tokenizer.Open(NpmTokenizers.Find(vocabulary.Value));
            foreach (var row in JsonLines.Read(run.Case.Folder, $"{vocabulary.Name}.jsonl"))
                AssertIds(row, "ids", tokenizer.Encode(row.Text("text")));
            if (!vocabulary.Value.TryGetProperty("sana_instruction", out var instruction))
                continue;
            Assert.Equal(instruction.GetProperty("instruction_tokens_with_bos").GetInt32(), tokenizer.Encode(PublishedText.SanaInstruction).Length);
            foreach (var row in JsonLines.Read(run.Case.Folder, instruction.Text("file")))
            {
                var prompt = SanaPrompt.Encode(tokenizer, row.Text("prompt"), PublishedText.SanaInstruction);
                Assert.Equal((row.GetProperty("length").GetInt32(), row.GetProperty("tokens").GetInt32()), (prompt.Ids.Length, prompt.Used));
                AssertIds(row, "selected_ids", [.. prompt.Positions.Where(prompt.IsToken).Select(position => prompt.Ids[position])]);
            }
        }
    }

    public static void WithInstruction(GoldenRun run)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(PublishedText.SanaInstruction));
        Assert.Equal(run.Arguments.Text("instruction_sha256"), Convert.ToHexStringLower(hash));
        var tokenizer = Tokenizer.Open(run.Model("tokenizer"));
        var kept = run.Arguments.GetProperty("max_sequence_length").GetInt32();
        AssertIds(run.Arguments, "instruction_ids", tokenizer.Encode(PublishedText.SanaInstruction));
        foreach (var row in JsonLines.Read(run.Case.Folder, "prompts.jsonl"))
        {
            AssertText(row, "processed", PromptText.Normalize(row.Text("prompt")));
            var prompt = SanaPrompt.Encode(tokenizer, row.Text("prompt"), PublishedText.SanaInstruction, kept);
            Assert.Equal((row.GetProperty("length").GetInt32(), row.GetProperty("tokens").GetInt32()), (prompt.Ids.Length, prompt.Used));
            AssertIds(row, "input_ids", prompt.Ids[..prompt.Used]);
            AssertKept(row, prompt);
        }

        foreach (var row in JsonLines.Read(run.Case.Folder, "without-instruction.jsonl"))
            AssertKept(row, SanaPrompt.Encode(tokenizer, row.Text("prompt"), kept: kept));
    }

    public static void Preprocessed(GoldenRun run)
    {
        foreach (var row in JsonLines.Read(run.Case.Folder, "cases.jsonl"))
            AssertText(row, "processed", PromptText.Normalize(row.Text("text")));
    }

    /// <summary>What the library gives up on, or takes for an image that is none, is refused.</summary>
    public static void Chatted(GoldenRun run)
    {
        var tokenizer = Tokenizer.Open(run.Model("tokenizer"));
        var images = new QwenImage(run.Arguments.GetProperty("min_pixels").GetInt32(), run.Arguments.GetProperty("max_pixels").GetInt32());
        foreach (var row in JsonLines.Read(run.Case.Folder, "chat.jsonl"))
        {
            var generate = row.GetProperty("add_generation_prompt").GetBoolean();
            if (row.TryGetProperty("error", out _) || row.GetRawText().Contains("<|placeholder|>", StringComparison.Ordinal))
            {
                Assert.Throws<InvalidDataException>(() => QwenChat.Encode(tokenizer, Messages(row, images), generate));
                continue;
            }

            var messages = Messages(row, images);
            AssertText(row, "text", QwenChat.Render(messages, generate));
            AssertIds(row, "image_tokens", [.. messages.SelectMany(message => message.Parts).Where(part => part.Text is null).Select(part => part.ImageTokens)]);
            AssertIds(row, "ids", QwenChat.Encode(tokenizer, messages, generate));
        }
    }

    private static List<ChatMessage> Messages(JsonElement row, QwenImage images) =>
        [.. row.GetProperty("messages").EnumerateArray().Select(message =>
        {
            var content = message.GetProperty("content");
            return new ChatMessage(message.Text("role"), content.ValueKind == JsonValueKind.String
                ? [ChatPart.Of(content.GetString()!)]
                : [.. content.EnumerateArray().Select(part => Part(part, images))]);
        })];

    private static ChatPart Part(JsonElement part, QwenImage images)
    {
        if (part.Text("type") == "text")
            return ChatPart.Of(part.Text("text"));
        var (height, width) = images.FitByProcessor(part.GetProperty("height").GetInt32(), part.GetProperty("width").GetInt32());
        return ChatPart.Image(height / 28 * (width / 28));
    }

    private static void AssertKept(JsonElement row, SanaPrompt prompt)
    {
        AssertIds(row, "selected_ids", [.. prompt.Positions.Select(position => prompt.Ids[position])]);
        AssertIds(row, "selected_mask", [.. prompt.Positions.Select(position => prompt.IsToken(position) ? 1 : 0)]);
    }

    private static void AssertIds(JsonElement row, string key, int[] found)
    {
        var expected = row.Integers(key);
        Assert.True(expected.AsSpan().SequenceEqual(found), $"{key}: expected {string.Join(',', expected)}, found {string.Join(',', found)}: {row}");
    }

    private static void AssertText(JsonElement row, string key, string found) =>
        Assert.True(row.Text(key) == found, $"{key}: found {JsonSerializer.Serialize(found)}: {row}");
}

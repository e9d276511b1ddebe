using System.Text.Json;
using ReflectDiT.Eval.Networks.Tokenizers;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Kind <c>tokenizer</c>: texts to ids and back, in both notations of the same tokenizer.</summary>
internal static class TokenizerKind
{
    public static void Check(string folder)
    {
        foreach (var file in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer.legacy.json"])
        {
            var tokenizer = Tokenizer.Open(Path.Combine(folder, file));
            foreach (var row in JsonLines.Read(folder, "encode.jsonl"))
            {
                AssertIds(file, row, "ids", tokenizer.Encode(row.Text("text")));
                AssertIds(file, row, "ids_without_special", tokenizer.Encode(row.Text("text"), special: false));
                AssertText(file, row, "decoded", tokenizer.Decode(row.Integers("ids_without_special")));
                AssertText(file, row, "decoded_skip_special", tokenizer.Decode(row.Integers("ids"), skipSpecial: true));
            }

            foreach (var row in JsonLines.Read(folder, "decode.jsonl"))
            {
                AssertText(file, row, "decoded", tokenizer.Decode(row.Integers("ids")));
                AssertText(file, row, "decoded_skip_special", tokenizer.Decode(row.Integers("ids"), skipSpecial: true));
            }

            foreach (var row in JsonLines.Read(folder, "encode300.jsonl"))
            {
                var expected = row.Integers("input_ids");
                var (ids, used) = tokenizer.EncodePadded(row.Text("text"), expected.Length);
                AssertIds(file, row, "input_ids", ids);
                AssertIds(file, row, "attention_mask", [.. Enumerable.Range(0, ids.Length).Select(i => i < used ? 1 : 0)]);
            }
        }
    }

    internal static void AssertIds(string what, JsonElement row, string key, int[] found)
    {
        var expected = row.Integers(key);
        Assert.True(expected.AsSpan().SequenceEqual(found), $"{what}, {key}: expected {string.Join(',', expected)}, found {string.Join(',', found)}: {row}");
    }

    internal static void AssertText(string what, JsonElement row, string key, string found)
    {
        var expected = row.Text(key);
        Assert.True(expected == found, $"{what}, {key}: expected {expected}, found {found}: {row}");
    }
}

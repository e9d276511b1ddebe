using System.Text.Json;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

internal static class ReflectTransformerKind
{
    public static void Run(GoldenRun run)
    {
        using var network = ReflectTransformer.Load(run.Model("transformer"), run.Type, CPU, Quirks(run.Arguments));
        var dropout = run.Arguments.GetProperty("reflection_context_mask_dropout");
        using var context = network.Embed(
            new(run.Input("in.context_clip_encoding"), run.Input("in.context_text_encoding"),
                run.Input("in.context_text_encoding_mask"), Rows(run.Arguments),
                dropout.ValueKind == JsonValueKind.Null ? null : [.. dropout.EnumerateArray().Select(keep => keep.GetInt32() == 0)]),
            run.Report);
        var sample = network.Forward(
            run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"), run.Input("in.encoder_attention_mask"),
            run.Stored("in.timestep"), [context], watch: run.Report);
        run.Report("out.sample", sample);
    }

    /// <summary>What of the published quirks is on; those without a switch must be.</summary>
    public static ReflectionQuirks Quirks(JsonElement arguments)
    {
        var quirks = arguments.GetProperty("quirks");
        Assert.StartsWith("boolean", quirks.GetProperty("cross_attention_mask").GetString());
        Assert.StartsWith("zero vectors", quirks.GetProperty("padding_rows_of_context").GetString());
        Assert.StartsWith("1 image of zeros + 4 zero text tokens", quirks.GetProperty("dropped_row_context").GetString());
        return ReflectionQuirks.Paper with
        {
            ContextIgnoresMask = quirks.GetProperty("context_self_attention_ignores_mask").GetBoolean(),
            LastKeyMasked = quirks.GetProperty("last_key_of_combined_sequence_masked").GetBoolean(),
            RopeRounded = quirks.GetProperty("rope_inv_freq_rounded_to").GetString() switch
            {
                "bf16" => true,
                null => false,
                var other => throw new NotSupportedException($"inverse frequencies rounded to {other}"),
            },
        };
    }

    /// <summary>A list of pairs for each row, or in one flat list the row of each pair.</summary>
    private static List<IReadOnlyList<int>> Rows(JsonElement arguments)
    {
        var ids = arguments.GetProperty("context_batch_ids").EnumerateArray().ToList();
        return arguments.GetProperty("convert_batch_id").GetBoolean()
            ? [.. ids.Index().GroupBy(id => id.Item.GetInt32(), id => id.Index).Select(row => row.ToList())]
            : [.. ids.Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToList())];
    }
}

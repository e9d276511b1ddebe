using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks.Tests;

/// <summary>What no golden case can show, on the small networks of the cases.</summary>
public sealed class NetworkTests
{
    public NetworkTests()
    {
        Libtorch.Load();
        set_num_threads(1);
    }

    [Fact]
    public void A_row_of_a_batch_is_what_it_is_alone()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "sana-transformer-1.5")), ScalarType.Float32);
        using var network = SanaTransformer.Load(run.Model("transformer"), ScalarType.Float32, CPU);
        Tensor[] inputs = [run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"), run.Input("in.encoder_attention_mask"), run.Stored("in.timestep")];
        var batch = network.Forward(inputs[0], inputs[1], inputs[2], inputs[3]);
        for (var i = 0; i < batch.shape[0]; i++)
        {
            var row = inputs.Select(input => input.narrow(0, i, 1)).ToArray();
            AssertClose(network.Forward(row[0], row[1], row[2], row[3]), batch.narrow(0, i, 1));
        }
    }

    [Fact]
    public void Positions_of_a_grid_are_those_of_diffusers()
    {
        using var scope = NewDisposeScope();
        foreach (var row in JsonLines.Read(GoldenCase.Repository, "positions.jsonl"))
        {
            var (rows, columns, width) = (row.GetProperty("rows").GetInt32(), row.GetProperty("columns").GetInt32(), row.GetProperty("width").GetInt32());
            using var positions = new GridPositions(width, row.GetProperty("side").GetInt32(), row.GetProperty("scale").GetDouble());
            var expected = row.GetProperty("values").EnumerateArray().SelectMany(place => place.EnumerateArray().Select(n => n.GetSingle())).ToArray();
            AssertClose(tensor(expected).view(1, rows * columns, width), positions.Of(rows, columns, CPU));
        }
    }

    [Fact]
    public void A_transformer_whose_config_asks_for_positions_adds_them_to_its_latents()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "sana-transformer-1.0")), ScalarType.Float32);
        var json = ModelConfig.Read(Path.Combine(run.Model("transformer"), "config.json"));
        var latent = run.Input("in.hidden_states");
        using var plain = Embedded(null);
        using var placed = Embedded(2);
        using var positions = new GridPositions(SanaConfig.Read(json).Width, SanaConfig.Read(json).SampleSize, 2);
        AssertClose(positions.Of(latent.shape[2], latent.shape[3], CPU).expand_as(placed), placed - plain);

        Tensor Embedded(double? scale)
        {
            using var checkpoint = Checkpoint.Open(run.Model("transformer"));
            using var network = new SanaTransformer(SanaConfig.Read(json) with { InterpolationScale = scale }, Weights.Of(checkpoint, ScalarType.Float32, CPU));
            Tensor? seen = null;
            network.Forward(latent, run.Input("in.encoder_hidden_states"), run.Input("in.encoder_attention_mask"), run.Stored("in.timestep"),
                (name, x) => seen = name == "patch_embed" ? x.clone().DetachFromDisposeScope() : seen);
            return seen!;
        }
    }

    /// <summary>Both with the quirks, which look at the padding of a call, and without.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Contexts_of_different_lengths_in_a_batch_are_what_they_are_alone(bool paper)
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "reflect-transformer-k3")), ScalarType.Float32);
        using var network = ReflectTransformer.Load(
            run.Model("transformer"), ScalarType.Float32, CPU, paper ? ReflectionQuirks.Paper : ReflectionQuirks.Clean);
        IReadOnlyList<int>[] contexts = [[0], [2, 1], [0, 1, 2]];
        var embedded = contexts.Select(pairs => network.Embed(new(
            run.Input("in.context_clip_encoding"), run.Input("in.context_text_encoding"), run.Input("in.context_text_encoding_mask"),
            [pairs, pairs], [true, false]))).ToArray();
        var (latent, prompt, mask, time) = (run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"),
            run.Input("in.encoder_attention_mask"), run.Stored("in.timestep")); // two rows
        Tensor Rows(Tensor two) => two.repeat_interleave(3, dim: 0);
        var batch = network.Forward(Rows(latent), Rows(prompt), Rows(mask), Rows(time), embedded).unflatten(0, 2, 3); // [rows, contexts, ...]
        var padded = network.Forward(Rows(latent), Rows(prompt), Rows(mask), Rows(time), embedded, padTo: 200).unflatten(0, 2, 3);
        for (var i = 0; i < contexts.Length; i++)
        {
            var alone = network.Forward(latent, prompt, mask, time, [embedded[i]]);
            AssertClose(alone, batch[.., i]);
            AssertClose(alone, padded[.., i]);
        }
    }

    [Fact]
    public void Without_quirks_a_dropped_context_is_no_context()
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var run = new GoldenRun(GoldenCase.Open(Path.Combine(GoldenCase.Repository, "reflect-transformer-k3")), ScalarType.Float32);
        using var network = ReflectTransformer.Load(run.Model("transformer"), ScalarType.Float32, CPU, ReflectionQuirks.Clean);
        var context = new ReflectionContext(run.Input("in.context_clip_encoding"), run.Input("in.context_text_encoding"),
            run.Input("in.context_text_encoding_mask"), [[0, 1, 2], [0, 1, 2]], [true, false]);
        Tensor Forward(params EmbeddedContext[] contexts) => network.Forward(run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"),
            run.Input("in.encoder_attention_mask"), run.Stored("in.timestep"), contexts);
        var (with, without) = (Forward(network.Embed(context)), Forward());
        AssertClose(without[0], with[0]);
        Assert.True((without[1] - with[1]).norm().item<float>() > 1e-3);
        AssertClose(without, Forward(network.Embed(context with { Dropped = [true, true] })));
        // And that is plain SANA with the same weights: its soft mask hides padding as well.
        AssertClose(without, network.Sana.Forward(run.Input("in.hidden_states"), run.Input("in.encoder_hidden_states"),
            run.Input("in.encoder_attention_mask"), run.Stored("in.timestep")));
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var distance = ((expected - actual).norm() / expected.norm()).item<float>();
        Assert.True(distance < 2e-6, $"relative distance {distance}");
    }
}

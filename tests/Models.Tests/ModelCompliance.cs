using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Tests.Simulated;

namespace ReflectDiT.Eval.Models.Tests;

/// <summary>What every kind of model holds to: a new one passes this, with one class that says what it is asked.</summary>
public abstract class ModelCompliance<TRequest, TAnswer>
{
    /// <summary>As a sweep records it.</summary>
    protected abstract ModelConfiguration Configuration { get; }

    /// <summary>Some that differ in all that can differ.</summary>
    protected abstract IReadOnlyList<TRequest> Requests { get; }

    /// <summary>A request that the model cannot answer.</summary>
    protected abstract TRequest Unanswerable { get; }

    protected abstract IModel<TRequest, TAnswer> Load(IModelKinds kinds, ModelConfiguration model);

    protected abstract HostedModel<TRequest, TAnswer> Host(ModelHost host, ModelConfiguration model, Placement placement);

    /// <summary>All that an answer says but how long it took.</summary>
    protected abstract string Said(TAnswer answer);

    [Fact]
    public async Task An_answer_depends_on_its_request_alone_and_not_on_what_shares_its_batch()
    {
        using var model = Load(new ModelKinds(), Configuration);
        using var again = Load(new ModelKinds(), Configuration);
        var alone = new List<string>();
        foreach (var request in Requests)
        {
            alone.Add(Said(Assert.Single(await model.AnswerAsync([request], CancellationToken.None))));
        }

        Assert.NotEqual(1, alone.Distinct().Count());
        var size = model.Batches.Most;
        foreach (var order in new[] { Requests.Index(), Requests.Index().Reverse(), Requests.Index().Concat(Requests.Index()) })
        {
            foreach (var batch in order.Chunk(Math.Min(size, 7)))
            {
                var answers = await again.AnswerAsync([.. batch.Select(b => b.Item)], CancellationToken.None);
                Assert.Equal(batch.Select(b => alone[b.Index]), answers.Select(Said));
            }
        }
    }

    [Fact]
    public async Task Through_the_host_many_ask_at_once_and_what_cannot_be_answered_fails_alone()
    {
        using var host = new ModelHost();
        var model = Host(host, Configuration, new());
        Assert.Empty(host.Loaded);
        var bad = model.AskAsync(Unanswerable, TimeSpan.FromMinutes(1), CancellationToken.None);
        var asked = await Task.WhenAll(Requests.Select(r => model.AskAsync(r, TimeSpan.FromMinutes(1), CancellationToken.None)));
        await Assert.ThrowsAnyAsync<Exception>(() => bad);
        using var direct = Load(new ModelKinds(), Configuration);
        for (var i = 0; i < asked.Length; i++)
        {
            Assert.Equal(Said((await direct.AnswerAsync([Requests[i]], CancellationToken.None))[0]), Said(asked[i].Answer));
        }

        Assert.Single(host.Loaded);
        Assert.Same(model, Host(host, ModelConfiguration.FromJson(Configuration.Identity), new() { TimeoutSeconds = 9 }));
    }

    [Fact]
    public void Batches_have_at_least_one_request_and_one_at_a_time()
    {
        using var model = Load(new ModelKinds(), Configuration);
        Assert.InRange(model.Batches.Most, 1, int.MaxValue);
        Assert.InRange(model.Batches.AtOnce, 1, int.MaxValue);
    }

    [Fact]
    public async Task An_answer_depends_on_no_host_placement_or_time_of_loading()
    {
        var answers = new List<string[]>();
        foreach (var placement in new[] { new Placement(), new() { Device = "elsewhere", Concurrency = 3, MemoryGib = 4 } })
        {
            // A device that holds one model: the other makes room for this one between any two of its answers.
            using var host = new ModelHost { Capacity = _ => 4L << 30 };
            var model = Host(host, Configuration, placement);
            var other = Host(host, Configuration with { Batch = 7 }, placement);
            var said = new List<string>();
            foreach (var request in Requests)
            {
                said.Add(Said((await model.AskAsync(request, TimeSpan.FromMinutes(1), CancellationToken.None)).Answer));
                await other.AskAsync(request, TimeSpan.FromMinutes(1), CancellationToken.None);
            }

            answers.Add([.. said]);
        }

        Assert.Equal(answers[0], answers[1]);
    }

    [Fact]
    public void A_digest_is_that_of_the_weights_whenever_they_are_loaded_and_whatever_the_batch()
    {
        using var model = Load(new ModelKinds(), Configuration);
        using var again = Load(new ModelKinds(), Configuration with { Batch = 7 });
        Assert.Matches("^[0-9a-f]{64}$", model.Digest);
        Assert.Equal(model.Digest, again.Digest);
    }

    [Fact]
    public void A_kind_of_another_build_is_refused_by_name() => Assert.Equal(
        "this build has no models of the kind 'dream'",
        Assert.Throws<NotSupportedException>(() => Load(new ModelKinds(), Configuration with { Kind = "dream" })).Message);
}

public sealed class SimulatedGeneratorCompliance : ModelCompliance<DrawRequest, Drawing>
{
    protected override ModelConfiguration Configuration { get; } = Simulations.Of(TestParameters.Generator(level: 0.5, boost: 1, spread: 1));

    protected override IReadOnlyList<DrawRequest> Requests { get; } =
    [
        .. PromptSet.Published.Where((_, i) => i % 40 == 0).Select((p, i) => new DrawRequest(
            p.Prompt, i % 3, i % 2 == 0 ? [] : [new(new byte[] { 1, 2, 3 }, "There should be 2 dogs.")])),
    ];

    protected override DrawRequest Unanswerable { get; } = new("a photo of a dog", 1, null!);

    protected override IModel<DrawRequest, Drawing> Load(IModelKinds kinds, ModelConfiguration model) => kinds.Generator(model, new());

    protected override HostedModel<DrawRequest, Drawing> Host(ModelHost host, ModelConfiguration model, Placement placement) => host.Generator(model, placement);

    protected override string Said(Drawing answer) => $"{Convert.ToHexString(answer.Image.Span)} {answer.FunctionEvaluations}";
}

public sealed class SimulatedJudgeCompliance : ModelCompliance<JudgeRequest, Judgement>
{
    protected override ModelConfiguration Configuration { get; } = Simulations.Of(TestParameters.Judge(0.3, 0.2));

    protected override IReadOnlyList<JudgeRequest> Requests { get; } =
        [.. Simulations.Images.Select((image, i) => new JudgeRequest(image.Prompt, image.Png, i))];

    protected override JudgeRequest Unanswerable { get; } = new("a photo of a dog", "no image"u8.ToArray(), 1);

    protected override IModel<JudgeRequest, Judgement> Load(IModelKinds kinds, ModelConfiguration model) => kinds.Judge(model, new());

    protected override HostedModel<JudgeRequest, Judgement> Host(ModelHost host, ModelConfiguration model, Placement placement) => host.Judge(model, placement);

    protected override string Said(Judgement answer) => $"{answer.Verdict} {answer.Text} {answer.Tokens}";
}

public sealed class SimulatedDetectorCompliance : ModelCompliance<DetectRequest, Detected>
{
    protected override ModelConfiguration Configuration { get; } = new(ModelConfiguration.Simulated, null);

    protected override IReadOnlyList<DetectRequest> Requests { get; } = [.. Simulations.Images.Select(i => new DetectRequest(i.Png))];

    protected override DetectRequest Unanswerable { get; } = new("no image"u8.ToArray());

    protected override IModel<DetectRequest, Detected> Load(IModelKinds kinds, ModelConfiguration model) => kinds.Detector(model, new());

    protected override HostedModel<DetectRequest, Detected> Host(ModelHost host, ModelConfiguration model, Placement placement) => host.Detector(model, placement);

    protected override string Said(Detected answer) => JsonSerializer.Serialize(answer);
}

internal static class Simulations
{
    public static IReadOnlyList<(string Prompt, byte[] Png)> Images { get; } =
    [
        .. PromptSet.Published.Where((_, i) => i % 40 == 0).Select((p, i) => (p.Prompt, TestParameters.LoadGenerator(
            TestParameters.Generator(level: 0.5, boost: 1, spread: 1)).OneAsync(new DrawRequest(p.Prompt, i, [])).Result.Image.ToArray())),
    ];

    public static ModelConfiguration Of<T>(T parameters) =>
        new(ModelConfiguration.Simulated, JsonSerializer.SerializeToElement(parameters, SettingsJson.Form));
}

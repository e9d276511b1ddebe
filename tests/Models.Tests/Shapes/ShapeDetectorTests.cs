using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Shapes;

namespace ReflectDiT.Eval.Models.Tests.Shapes;

public sealed class ShapeDetectorCompliance : ModelCompliance<DetectRequest, Detected>
{
    protected override ModelConfiguration Configuration { get; } = new(ModelConfiguration.Pixels, null);

    protected override IReadOnlyList<DetectRequest> Requests { get; } =
    [
        .. ShapePrompts.Published.Test.Where((_, i) => i % 20 == 0).Select((prompt, i) => new DetectRequest(
            PngWriter.Encode(SceneRenderer.Render(SceneSampler.Sample(prompt, new((UInt128)i)))))),
    ];

    protected override DetectRequest Unanswerable { get; } = new(PngWriter.Encode(new RgbImage(32, 32, new byte[3 * 32 * 32])));

    protected override IModel<DetectRequest, Detected> Load(IModelKinds kinds, ModelConfiguration model) => kinds.Detector(model, new());

    protected override HostedModel<DetectRequest, Detected> Host(ModelHost host, ModelConfiguration model, Placement placement) => host.Detector(model, placement);

    protected override string Said(Detected answer) => JsonSerializer.Serialize(answer);

    [Fact]
    public void It_has_no_weights_that_could_be_anywhere() => Assert.Equal(
        "a 'pixels' has no weights and no server: its placement says /weights",
        Assert.Throws<NotSupportedException>(() => new ShapeDetector(Configuration, new() { Path = "/weights" })).Message);
}

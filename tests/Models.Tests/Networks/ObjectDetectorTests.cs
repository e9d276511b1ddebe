using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Models.Tests.Simulated;
using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Models.Tests.Networks;

public sealed class ObjectDetectorTests : TinyFolder<DetectRequest, Detected>
{
    private static readonly Mask2FormerParameters Parameters = new("tiny", Clip: "fp32", LeastScore: 0.1, Longest: 128, Shortest: 80);

    public ObjectDetectorTests() => TinyNetworks.Detector(At("models"));

    protected override ModelConfiguration Configuration { get; } = new(ModelConfiguration.Mask2Former, Json(Parameters)) { Batch = 2 };

    protected override IReadOnlyList<DetectRequest> Requests { get; } = [new(Image(64, 64, 0)), new(Image(90, 67, 40)), new(Golden)];

    protected override DetectRequest Unanswerable { get; } = new(new byte[] { 1, 2, 3 });

    private static byte[] Golden => File.ReadAllBytes(Path.Combine(TinyNetworks.Goldens, "mask2former-mmdet-portrait/image.png"));

    protected override IModel<DetectRequest, Detected> Load(IModelKinds kinds, ModelConfiguration model) => kinds.Detector(model, new() { Path = At("models") });

    protected override HostedModel<DetectRequest, Detected> Host(ModelHost host, ModelConfiguration model, Placement placement) =>
        host.Detector(model, placement with { Path = At("models"), Device = placement.Device is null ? null : Placement.Processor });

    protected override string Said(Detected answer) => JsonSerializer.Serialize(answer);

    [Fact]
    public async Task It_finds_what_mmdet_finds_by_class_and_names_the_colour_of_each()
    {
        using var detector = Load(new ModelKinds(), Configuration with { Parameters = Json(Parameters with { LeastScore = 0 }) });
        using var golden = Checkpoint.OpenFile(Path.Combine(TinyNetworks.Goldens, "mask2former-mmdet-portrait/golden.safetensors"));
        var (labels, boxes) = (golden.Read("out.labels").data<long>().ToArray(), golden.Read("out.boxes").data<float>().ToArray().Chunk(5).ToArray());
        var expected = labels.Zip(boxes).GroupBy(pair => pair.First).ToDictionary(group => ObjectNames.All[(int)group.Key], group => group.Select(p => p.Second).ToList());

        var found = await detector.OneAsync(new(Golden));

        Assert.Equal(expected.Keys.Order(), found.Objects.Keys.Order());
        foreach (var (name, objects) in found.Objects)
        {
            Assert.Equal(expected[name].Select(b => (b[0], b[1], b[2], b[3])), objects.Select(o => (o.X1, o.Y1, o.X2, o.Y2)));
            Assert.All(expected[name].Zip(objects), pair => Assert.Equal(pair.First[4], pair.Second.Score, 1e-4));
        }

        AssertColours(found);
        Assert.True(found.Objects.Values.SelectMany(o => o).Count(o => o.Colour is not null) > 10);
    }

    [Fact]
    public async Task Objects_below_the_least_score_are_left_out_and_both_precisions_name_colours()
    {
        using var all = Load(new ModelKinds(), Configuration);
        using var some = Load(new ModelKinds(), Configuration with { Parameters = Json(Parameters with { LeastScore = 0.3, Clip = "amp" }) });
        var (every, sure) = ((await all.OneAsync(new(Golden))).Objects, (await some.OneAsync(new(Golden))).Objects);
        Assert.Equal(
            every.Values.SelectMany(o => o).Where(o => o.Score >= 0.3f).Select(o => (o.X1, o.Y1, o.Score)).Order(),
            sure.Values.SelectMany(o => o).Select(o => (o.X1, o.Y1, o.Score)).Order());
        Assert.NotEmpty(sure);
        AssertColours(new(sure));
    }

    [Fact]
    public void Folders_that_lack_a_part_or_hold_two_detectors_are_refused_with_what_they_hold()
    {
        File.Copy(At("models/detector/mask2former.json"), At("models/detector/other.pth"));
        Assert.EndsWith("holds other.pth and tiny.pth: expected one .pth", Refused(), StringComparison.Ordinal);
        File.Delete(At("models/detector/other.pth"));
        File.Delete(At("models/detector/mask2former.json"));
        Assert.Contains("backbone.", Refused(), StringComparison.Ordinal); // of another shape than the published one
        Directory.Move(At("models/clip"), At("models/klip"));
        TinyNetworks.Detector(At("whole"));
        Directory.Delete(At("whole/clip"), recursive: true);
        Assert.EndsWith("clip holds no tokenizer.json", Refused("whole"), StringComparison.Ordinal);
        Directory.Delete(At("whole/detector"), recursive: true);
        Assert.Contains("has no folder 'detector'", Refused("whole"), StringComparison.Ordinal);

        string Refused(string folder = "models") =>
            Assert.Throws<CheckpointException>(() => new ModelKinds().Detector(Configuration, new() { Path = At(folder) })).Message;
    }

    [Fact]
    public void What_it_takes_is_known_before_it_is_loaded()
    {
        var files = Directory.EnumerateFiles(At("models"), "*", new EnumerationOptions { RecurseSubdirectories = true })
            .Where(file => file.EndsWith(".pth", StringComparison.Ordinal) || file.EndsWith(".safetensors", StringComparison.Ordinal));
        Assert.InRange(
            new ModelKinds().Memory(Configuration, new() { Path = At("models") }), files.Sum(file => new FileInfo(file).Length), 4L << 30);
        Assert.Throws<NotSupportedException>(() => new ModelKinds().Memory(Configuration, new()));
    }

    [Fact]
    public async Task The_one_of_Hugging_Face_is_a_kind_of_its_own_whose_title_says_so()
    {
        var model = new ModelConfiguration(ModelConfiguration.Mask2FormerOfHuggingFace, Json(new HuggingFaceDetectorParameters("tiny", Clip: "fp32", LeastScore: 0)));
        using var detector = new ModelKinds().Detector(model, new() { Path = TinyNetworks.Detector(At("transformers"), ofHuggingFace: true) });
        var found = await detector.OneAsync(new(Golden));
        AssertColours(found);
        Assert.NotEmpty(found.Objects);
        Assert.All(found.Objects.Values.SelectMany(o => o), o => Assert.True(o.X2 > o.X1 && o.Y2 > o.Y1 && o.X2 <= 67 && o.Y2 <= 90, $"{o}"));
        Assert.Equal("tiny (mask2former-hf-clip)", model.Title);
    }

    private static void AssertColours(Detected found) => Assert.All(found.Objects.Values.SelectMany(o => o), o =>
        Assert.True(o.Colour is { } colour ? Palette.Colours.Contains(colour) : o.X2 == o.X1, $"{o}"));
}

using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.Tests.Shapes;

public sealed class SceneTests
{
    public static IEnumerable<TheoryDataRow<string>> Tags { get; } = Categories.All.Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Tags))]
    public void A_scene_shows_its_prompt_and_one_with_a_planted_fault_has_that_fault(string tag)
    {
        var random = new NumpyRandom(2);
        foreach (var prompt in ShapePrompts.Published.Training.Where(p => p.Tag == tag).Take(400))
        {
            Assert.Null(ShapeFault.First(prompt, SceneSampler.Sample(prompt, random).Detections()));
            foreach (var kind in FaultyScene.Kinds(prompt))
            {
                var (scene, fault) = FaultyScene.Sample(prompt, kind, random);
                Assert.Equal((kind, fault), (fault.Kind, ShapeFault.First(prompt, scene.Detections())));
            }
        }
    }

    [Fact]
    public void A_scene_is_a_function_of_its_seed_and_an_image_of_its_scene()
    {
        var prompt = ShapePrompts.Published.Test[^1];
        var image = SceneRenderer.Render(SceneSampler.Sample(prompt, new(3)));
        Assert.Equal(image.Rgb, SceneRenderer.Render(SceneSampler.Sample(prompt, new(3))).Rgb);
        Assert.NotEqual(image.Rgb, SceneRenderer.Render(SceneSampler.Sample(prompt, new(4))).Rgb);
    }

    [Fact]
    public void Objects_keep_to_their_cells_with_background_between_them()
    {
        var random = new NumpyRandom(5);
        for (var i = 0; i < 50; i++)
        {
            var shapes = ShapeWorld.Classes.All;
            var scene = SceneSampler.Scatter([.. Enumerable.Range(0, 16).Select(n => (shapes[(n + i) % 8], (string?)null))], random);
            var image = SceneRenderer.Render(scene);
            var ground = (uint)(scene.Grey * 0x010101);
            for (var p = 0; p < Scene.Size * Scene.Size; p++)
            {
                var (x, y) = (p % Scene.Size, p / Scene.Size);
                if (x % Scene.CellSize is 0 or 15 || y % Scene.CellSize is 0 or 15)
                {
                    Assert.Equal(ground, image[x, y]);
                }
            }
        }
    }

    [Theory]
    [InlineData(FaultKind.Missing, "", "", "there is no star")]
    [InlineData(FaultKind.Shape, "", "moon", "there should be a star but there is a moon")]
    [InlineData(FaultKind.Count, "three", "one", "there should be three stars but there is one")]
    [InlineData(FaultKind.Count, "three", "none", "there should be three stars but there are none")]
    [InlineData(FaultKind.Colour, "red", "blue", "the star should be red but it is blue")]
    [InlineData(FaultKind.Relation, "left of the ring", "above", "the star should be left of the ring but it is above")]
    public void A_fault_is_one_sentence(FaultKind kind, string wanted, string found, string sentence) =>
        Assert.Equal(sentence, new ShapeFault(kind, "star", wanted, found).ToSentence());
}

using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.Shapes;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Networks;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Models.Tests.Networks;

/// <summary>The trained weights of the repository, drawn with as a sweep draws.</summary>
public sealed class ShapesWeightsTests
{
    /// <summary>As docs/training.md says that they are to be used.</summary>
    private static readonly SanaParameters Parameters = new(
        "shapes", Steps: 12, Guidance: 3, Height: 64, Width: 64, Dtype: "fp32", Quirks: "clean", ImageTokens: 16, Instruction: "none",
        PromptTokens: 12, FeedbackTokens: 16);

    /// <summary>Two thirds of the images are right; which of them, may differ between processors.</summary>
    [Fact]
    public async Task They_draw_what_a_prompt_asks_for_about_two_times_in_three()
    {
        Libtorch.Load();
        set_num_threads(1);
        var prompts = ShapePrompts.Published.Validation.GroupBy(prompt => prompt.Tag).SelectMany(category => category.Take(4)).ToList();
        var model = new ModelConfiguration(ModelConfiguration.Sana, JsonSerializer.SerializeToElement(Parameters, SettingsJson.Form)) { Batch = 8 };
        using var generator = new SanaGenerator(
            model, new() { Path = Path.Combine(Snapshot.Root, "benchmarks", "shapes", "weights") }, Parameters);
        var drawings = await generator.AnswerAsync([.. prompts.Select((prompt, i) => new DrawRequest(prompt.Prompt, i, []))], CancellationToken.None);
        var right = prompts.Zip(drawings).Count(pair =>
            ShapeFault.First(pair.First, PixelDetector.Find(ImageReader.Decode(pair.Second.Image))) is null);
        Assert.InRange(right, 10, 22);
    }
}

using System.Diagnostics;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;

namespace ReflectDiT.Eval.Performance;

/// <summary>
/// What a judge or a scorer's detector takes on the processor, in fp32: loads it as a worker does, and has it look at two
/// images, one after the other. The images are noise: of random weights nothing else could be asked. The detector leaves out
/// none of its objects, and CLIP names the colour of each: near the most that a scoring can take.
/// </summary>
internal static class AskBenchmark
{
    /// <param name="folder">Of the judge, or of detector and CLIP.</param>
    /// <param name="side">Of the images, in pixels.</param>
    public static async Task<int> RunAsync(string role, string folder, int side)
    {
        var (kinds, placement, began) = (new ModelKinds(), new Placement { Path = folder }, Stopwatch.GetTimestamp());
        switch (role)
        {
            case "judge":
                {
                    var model = Model(ModelConfiguration.Qwen, new QwenJudgeParameters("random", Dtype: "fp32", MaxTokens: 16));
                    Console.WriteLine($"planned {kinds.Memory(model, placement) / (double)(1 << 30):0.0} GiB");
                    using var judge = kinds.Judge(model, placement);
                    await TimeAsync(began, image => judge.AnswerAsync([new("a photo of two red apples on a wooden table", image, 1)], CancellationToken.None));
                    return 0;
                }

            case "detector":
                {
                    var model = Model(ModelConfiguration.Mask2Former, new Mask2FormerParameters("random", Clip: "fp32", LeastScore: 0));
                    Console.WriteLine($"planned {kinds.Memory(model, placement) / (double)(1 << 30):0.0} GiB");
                    using var detector = kinds.Detector(model, placement);
                    await TimeAsync(began, image => detector.AnswerAsync([new(image)], CancellationToken.None));
                    return 0;
                }

            default:
                Console.Error.WriteLine($"{role}: expected judge or detector");
                return 1;
        }

        async Task TimeAsync<T>(long start, Func<byte[], Task<T>> ask)
        {
            Console.WriteLine($"loaded in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, {Peak():0.0} GiB at most");
            for (var i = 0; i < 2; i++)
            {
                var pixels = new byte[3 * side * side];
                new Random(i).NextBytes(pixels);
                var image = PngWriter.Encode(new RgbImage(side, side, pixels));
                start = Stopwatch.GetTimestamp();
                await ask(image);
                Console.WriteLine($"image {i + 1}: {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, {Peak():0.0} GiB at most");
            }
        }
    }

    private static ModelConfiguration Model<T>(string kind, T parameters) =>
        new(kind, JsonSerializer.SerializeToElement(parameters, SettingsJson.Form)) { Batch = 1 };

    /// <summary>Of this process, in GiB, the pages of files that it has mapped included.</summary>
    private static double Peak() => LoadBenchmark.PeakMib() / 1024.0;
}

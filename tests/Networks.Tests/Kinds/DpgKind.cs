using System.Globalization;
using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.DpgBench;
using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Networks.Tests.Kinds;

/// <summary>Kind <c>dpg-bench-score</c>: the published script's numbers for given answers.</summary>
internal static class DpgKind
{
    private const double Tolerance = 1e-9;

    public static void Run(GoldenRun run)
    {
        foreach (var row in JsonLines.Read(run.Case.Folder, "runs.jsonl"))
        {
            var items = DpgQuestions.Read(File.ReadAllText(Path.Combine(run.Case.Folder, row.Text("csv"))), dropFirstRow: true);
            var (scored, failed) = (new Dictionary<string, (DpgItem Item, DpgScore Score)>(), new List<string>());
            foreach (var file in row.GetProperty("answers").EnumerateObject())
            {
                if (!items.TryGetValue(DpgFiles.ItemOf(file.Name), out var item))
                    continue;
                var answers = file.Value.EnumerateArray().Select(picture => Answers(run, picture.GetString()!)).ToList();
                Assert.Equal(row.GetProperty("pic_num").GetInt32(), answers.Count);
                try
                {
                    scored.Add(file.Name, (item, DpgScore.Of(item, answers)));
                }
                catch (InvalidDataException)
                {
                    failed.Add(file.Name);
                }
            }

            var others = row.GetProperty("other_files").EnumerateArray().Select(file => file.GetString()!).ToHashSet();
            Assert.Equal(row.GetProperty("failed").EnumerateObject().Select(file => file.Name).Where(file => !others.Contains(file)).Order(), failed.Order());
            AssertNumbers(row, scored);
        }

        foreach (var crop in JsonElement.Parse(File.ReadAllText(Path.Combine(run.Case.Folder, "crops.json"))).GetProperty("crops").EnumerateArray())
            AssertCrop(crop);
    }

    private static IReadOnlyList<bool> Answers(GoldenRun run, string letters) =>
        [.. letters.Select(letter => DpgScore.IsYes(run.Arguments.GetProperty("answer_codes").Text($"{letter}")))];

    private static void AssertNumbers(JsonElement row, Dictionary<string, (DpgItem Item, DpgScore Score)> scored)
    {
        var images = row.GetProperty("per_image").EnumerateObject().ToList();
        Assert.Equal(images.Select(image => image.Name).Order(), scored.Keys.Order());
        foreach (var image in images)
        {
            Assert.Equal(image.Value.GetProperty("scores").EnumerateArray().Select(score => score.GetDouble()), scored[image.Name].Score.Pictures);
            Assert.Equal(image.Value.GetProperty("average").GetDouble(), scored[image.Name].Score.Average, Tolerance);
        }

        var summary = DpgSummary.Of([.. scored.Values]);
        var overall = double.Parse(row.Text("overall"), CultureInfo.InvariantCulture);
        Assert.True(double.IsNaN(overall) ? double.IsNaN(summary.Overall) : Math.Abs(overall - (100 * summary.Overall)) < Tolerance, $"{row.Text("name")}: {summary.Overall}");
        AssertShares(row.GetProperty("l1"), summary.Broad);
        AssertShares(row.GetProperty("l2"), summary.Fine);
    }

    private static void AssertShares(JsonElement expected, IReadOnlyDictionary<string, double> found)
    {
        Assert.Equal(expected.EnumerateObject().Select(category => category.Name).Order(), found.Keys.Order());
        foreach (var category in expected.EnumerateObject())
            Assert.Equal(double.Parse(category.Value.GetString()!, CultureInfo.InvariantCulture), 100 * found[category.Name], Tolerance);
    }

    private static void AssertCrop(JsonElement crop)
    {
        var (size, side, box) = (crop.Integers("image"), crop.GetProperty("resolution").GetInt32(), crop.Integers("crop"));
        var image = new RgbImage(size[0], size[1], new byte[3 * size[0] * size[1]]);
        for (var i = 0; i < size[0] * size[1]; i++)
            image.Rgb[3 * i] = (byte)((10 * (i % size[0])) + 1);
        var picture = (box[0] / side) + (2 * (box[1] / side));
        Assert.Equal(crop.Integers("red"), DpgFiles.Picture(image, picture, side).Rgb.Where((_, i) => i % 3 == 0).Select(sample => (int)sample));
    }
}

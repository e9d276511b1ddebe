using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Studies;

namespace ReflectDiT.Eval.Analysis.Tests.Studies;

public sealed class StudyDrawsTests
{
    [Fact]
    public void A_rater_is_asked_every_pair_once_and_some_again_on_the_other_sides_and_later()
    {
        var manifest = Votes.Manifest(101, same: 1, repeats: 0.1);
        var order = StudyDraws.Order(manifest, "r1");

        Assert.Equal(110, order.Count);
        Assert.Equal(Enumerable.Range(0, 110), order.Select(s => s.Number));
        Assert.Equal(Enumerable.Range(0, 100), order.Where(s => !s.Again).Select(s => s.Pair).Order());
        Assert.All(order.Where(s => s.Again), again =>
        {
            var first = order.Single(s => s.Pair == again.Pair && !s.Again);
            Assert.True(again.Number > first.Number + 30);
            Assert.NotEqual(first.FirstLeft, again.FirstLeft);
        });
    }

    [Fact]
    public void Order_and_sides_follow_from_seed_and_rater_and_from_nothing_else()
    {
        var manifest = Votes.Manifest(100, repeats: 0.05);
        Assert.Equal(StudyDraws.Order(manifest, "r1"), StudyDraws.Order(Votes.Manifest(100, repeats: 0.05), "r1"));
        Assert.NotEqual(Pairs("r1", 1), Pairs("r2", 1));
        Assert.NotEqual(Pairs("r1", 1), Pairs("r1", 2));

        // Each side as often as a fair coin gives it: of 2,000 within five standard errors.
        var left = Enumerable.Range(0, 20).Sum(r => StudyDraws.Order(Votes.Manifest(100), $"r{r}").Count(s => s.FirstLeft));
        Assert.InRange(left, 1000 - 112, 1000 + 112);

        static IEnumerable<int> Pairs(string rater, long seed) => StudyDraws.Order(Votes.Manifest(100, seed: seed), rater).Select(s => s.Pair);
    }

    /// <summary>Of 50, 30 and 20 prompts 11: 5.5, 3.3 and 2.2, whose largest remainder is the first's.</summary>
    [Fact]
    public void Prompts_are_drawn_from_each_category_by_its_size()
    {
        List<SweepPrompt> prompts = [.. Enumerable.Range(0, 100).Select(i => new SweepPrompt(i, i < 50 ? "a" : i < 80 ? "b" : "c", $"{i}"))];
        var drawn = StudyDraws.Prompts(prompts, 11, 7);
        Assert.Equal([6, 3, 2], drawn.CountBy(p => p.Stratum).Select(c => c.Value));
        Assert.Equal(drawn.OrderBy(p => p.Index), drawn);
        Assert.NotEqual(drawn, StudyDraws.Prompts(prompts, 11, 8));
        Assert.Same(prompts, StudyDraws.Prompts(prompts, 100, 7));
    }

    [Fact]
    public void A_manifest_is_read_back_as_it_was_written_and_faults_are_named()
    {
        var json = Votes.Manifest(3, same: 1, raters: 2, repeats: 0.1).ToJson();
        Assert.Equal(json, StudyManifest.FromJson("file", json).ToJson());
        var fault = Assert.Throws<FormatException>(() => StudyManifest.FromJson("file", json.Replace("\"raters\":2", "\"raters\":\"two\"", StringComparison.Ordinal)));
        Assert.Contains("raters: expected a whole number", fault.Message, StringComparison.Ordinal);
    }
}

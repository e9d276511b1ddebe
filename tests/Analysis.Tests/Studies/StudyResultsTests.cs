using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Analysis.Tests.Reports;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Analysis.Tests.Studies;

public sealed class StudyResultsTests
{
    /// <summary>By hand: six prompts of which the last is the same image twice; means 1, 1, 0, -1, -0.5 (one of two skipped, one loses against a tie), 0.</summary>
    [Fact]
    public void Every_prompt_counts_alike_with_the_mean_of_its_raters()
    {
        var results = StudyResults.Of(Votes.Manifest(6, same: 1, raters: 2), ["r1", "r2"], Votes.Of("wwtll", "wsblt"));
        var all = results.Overall!;

        Assert.Equal((6, 9), (all.Prompts, all.Votes));
        Assert.Equal((1 + 1 + 0 - 1 - 0.5 + 0) / 6, all.Net.Value, 12);
        Assert.Equal(2.0 / 6, all.Win.Value, 12);
        Assert.Equal((1 + 0.5 + 1) / 6, all.Tie.Value, 12);
        Assert.Equal(1.5 / 6, all.Loss.Value, 12);
        Assert.Equal(0.5 / 6, all.Bad.Value, 12);
        Assert.Equal((2, 2, 1.0), (all.PromptsWon, all.PromptsLost, all.SignP));
        Assert.Equal([3, 3], results.Categories.Select(c => c.Prompts));
        Assert.True(results.IsComplete);
        Assert.Equal([(5, 0), (4, 1)], results.Raters.Select(r => (r.Votes, r.Skipped)));
        Assert.Equal(4, results.Raters[0].MedianSeconds);
    }

    /// <summary>12 prompts won and 3 lost: 2 (1 + 15 + 105 + 455) / 2^15 = 0.03516, as in any table of the binomial distribution.</summary>
    [Fact]
    public void The_sign_test_counts_prompts_and_no_ties()
    {
        var results = StudyResults.Of(Votes.Manifest(20), ["r1"], Votes.Of("wwwwwwwwwwwwlllttttt"));
        Assert.Equal(1152.0 / 32768, results.Overall!.SignP, 12);
        Assert.Equal(9.0 / 20, results.Overall.Net.Value, 12);
    }

    [Fact]
    public void A_pair_that_came_twice_counts_once_and_tells_how_a_rater_agrees_with_himself()
    {
        List<StudyVote> votes = [.. Votes.Of("wwlt"), Votes.Vote("r1", 0, 'w', again: true), Votes.Vote("r1", 1, 'l', again: true)];
        var results = StudyResults.Of(Votes.Manifest(4, repeats: 0.5), ["r1"], votes);
        Assert.Equal((4, 2, 0.5), (results.Overall!.Votes, results.RepeatedVotes, results.Consistent!.Value.Value));
    }

    /// <summary>Votes for the left alone, whatever is there: sides are drawn, so the bias is seen and favours no arm.</summary>
    [Fact]
    public void Who_always_votes_for_one_side_is_found_out()
    {
        var manifest = Votes.Manifest(40);
        var votes = StudyDraws.Order(manifest, "r1").Select(s => new StudyVote("r1", s, StudyAnswer.Left, 1)).ToList();
        var results = StudyResults.Of(manifest, ["r1"], votes);
        Assert.Equal((40, 0), (results.Left, results.Right));
        Assert.Equal(2 * Math.Pow(0.5, 40), results.SideP, 1e-15);
        Assert.True(results.Overall!.Net.Interval.Contains(0));
        Assert.Contains(new StudyReport(results, "a", "b", []).Warnings, w => w.StartsWith("sides are not indifferent", StringComparison.Ordinal));
    }

    /// <summary>
    /// Three raters with tastes of their own (each prefers one arm on all prompts): over these raters the interval is narrow, over
    /// others it must be wide. By hand: of three drawn from +1, +1, -1 the mean is -1 with chance 1/27 and 1 with chance 8/27.
    /// </summary>
    [Fact]
    public void Raters_who_differ_make_the_interval_wider_than_prompts_do()
    {
        var all = StudyResults.Of(
            Votes.Manifest(60, raters: 3), ["r1", "r2", "r3"], Votes.Of(new string('w', 60), new string('w', 60), new string('l', 60))).Overall!;
        Assert.Equal(1.0 / 3, all.Net.Value, 12);
        Assert.Equal((-1, 1), (all.Net.Interval.Low, all.Net.Interval.High));
        Assert.True(all.OverPrompts.Low > 0.1);
    }

    /// <summary>Raters who have each answered a half agree wholly: what remains is which prompts were drawn, of which half are known ties.</summary>
    [Fact]
    public void Known_ties_count_no_more_where_raters_have_answered_a_part()
    {
        var halves = new[] { new string('w', 20), new string('-', 20) };
        var all = StudyResults.Of(Votes.Manifest(80, same: 40, raters: 2), ["r1", "r2"], Votes.Of(halves[0] + halves[1], halves[1] + halves[0])).Overall!;
        Assert.Equal(0.5, all.Net.Value, 12);
        Assert.InRange(all.Net.Interval.Low, 0.5 - 0.12, 0.5 - 0.1); // 1.96 standard errors of a share of a half of 80 are 0.11
    }

    /// <summary>
    /// How often the interval holds the truth, of raters with a bias (±0.3) and prompts with an effect (uniform, ±0.5) of their own:
    /// an interval over prompts alone holds it far less often than 95%.
    /// </summary>
    [Fact]
    public void The_interval_over_prompts_and_raters_holds_the_truth_as_often_as_it_says()
    {
        var random = new Core.Random.NumpyRandom(5);
        var (both, promptsAlone) = (0, 0);
        const int Runs = 100;
        for (var run = 0; run < Runs; run++)
        {
            double[] raters = [.. Enumerable.Range(0, 12).Select(_ => random.NextInt(2) == 0 ? -0.3 : 0.3)];
            var prompts = Enumerable.Range(0, 60).Select(_ => random.NextDouble() - 0.5).Select(effect =>
                (IReadOnlyList<(int, double[])>)[.. raters.Index().Select(r =>
                    (r.Index, (double[])[random.NextDouble() < 0.5 + ((effect + r.Item) / 2) ? 1 : -1]))]).ToList();
            var interval = new CrossedBootstrap(prompts, raters.Length, (ulong)run, resamples: 400).Intervals([(-1, 1)])[0];
            both += interval.Contains(0) ? 1 : 0;
            promptsAlone += PairedMean.Of([[.. prompts.Select(p => p.Average(v => v.Item2[0]))]], new Bootstrap((ulong)run, 400)).Interval.Contains(0) ? 1 : 0;
        }

        Assert.InRange(both, 88, 100);
        Assert.True(promptsAlone < 85);
    }

    [Fact]
    public void People_are_counted_against_judge_and_scorer()
    {
        // Prompt by prompt: what the first arm's and the second's image are: + accepted, C correct.
        (string First, string Second)[] images = [("+C", "-x"), ("+C", "-C"), ("-x", "+C"), ("-x", "-x")];
        var arms = new[] { images.Select(i => i.Second), images.Select(i => i.First) }.Select((marks, a) => new ArmResults(
            a == 0 ? "b" : "a", false, null, new BestOfN(1, Selector.FirstAccept), [.. marks.Select((m, p) => Sweeps.Chain(p, 0, Sweeps.Attempt(m)))], 0, 0)).ToArray();
        var manifest = Votes.Manifest(4);
        manifest = manifest with { Pairs = [.. manifest.Pairs.Select(p => p with { First = p.First with { Attempt = 0 } })] };

        var against = PeopleAgainst.Of(manifest, Votes.Of("wlwt"), Sweeps.Of(arms), sameJudge: true);

        Assert.Equal(["judge", "scorer"], against.Select(a => a.Who));
        Assert.Equal([[1, 0, 1], [0, 1, 0], [1, 0, 0]], against[0].Counts);
        Assert.Equal([[1, 0, 1], [0, 1, 0], [0, 1, 0]], against[1].Counts);
        Assert.Equal(1.0 / 3, against[0].Agreement!.Value.Value, 12);
        Assert.Equal(0.5, against[1].Agreement!.Value.Value, 12);
    }

    /// <summary>
    /// Of one rater without ties it is the sign test's power, counted from the binomial distribution by other code: a difference of
    /// 0.290 is found with 100 prompts, 0.176 with 257 and 0.101 with 783 (the exact test; the score test is never far from it).
    /// </summary>
    [Theory]
    [InlineData(100, 0.2903)]
    [InlineData(257, 0.1761)]
    [InlineData(783, 0.1014)]
    public void What_a_design_sees_is_where_the_sign_test_has_80_percent_power(int pairs, double seen)
    {
        var sight = StudySight.Of(pairs, pairs, raters: 1);
        Assert.Equal(seen, sight.Alike!.Value, 0.01);
        Assert.Equal(sight.Alike, sight.Independent);
        var three = StudySight.Of(pairs, pairs, raters: 3);
        Assert.Equal(sight.Alike, three.Alike);
        Assert.Equal(sight.Alike.Value / Math.Sqrt(3), three.Independent!.Value, 0.02);
        Assert.Contains("if raters agree wholly", three.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_says_what_speaks_against_it_in_every_format()
    {
        var results = StudyResults.Of(Votes.Manifest(12, same: 2, raters: 3), ["r1", "r2"], Votes.Of("wwwwwwwwww", "wwwwwwwww"));
        var report = new StudyReport(results, "a SIMULATED", "b SIMULATED", []);
        foreach (var format in Analysis.Reports.ReportFormat.Names)
        {
            var text = report.Render(format).Replace('\n', ' ');
            Assert.Contains("SIMULATED", text, StringComparison.Ordinal);
            Assert.Contains("INCOMPLETE: 1 of 3 planned raters", text, StringComparison.Ordinal);
        }

        Assert.StartsWith("People prefer a SIMULATED to b SIMULATED: net preference +0.833 (95% +", report.Verdict, StringComparison.Ordinal);
        Assert.Equal("Nobody has voted yet", new StudyReport(StudyResults.Of(Votes.Manifest(3), [], []), "a", "b", []).Verdict);
    }
}

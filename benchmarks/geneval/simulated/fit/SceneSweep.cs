using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.SimulatedFit;

/// <summary>
/// One arm's chains with the real strategy, generator, judge and rules, but on scenes: no image is painted or read.
/// </summary>
public sealed record SceneSweep(GeneratorModel Generator, JudgeModel Judge, IStrategy Strategy)
{
    /// <summary>How many tries the curve is read at.</summary>
    public static IReadOnlyList<int> CurvePoints { get; } = [1, 4, 8, 12, 16, 20];

    /// <summary>
    /// For each point of the curve and each prompt: in how many of <paramref name="sweeps"/> (their seeds) the image
    /// shown after so many tries is correct.
    /// </summary>
    public int[][] CountCorrect(IReadOnlyList<PromptMetadata> prompts, IReadOnlyList<long> sweeps)
    {
        var counts = CurvePoints.Select(_ => new int[prompts.Count]).ToArray();
        Parallel.For(0, prompts.Count, prompt =>
        {
            foreach (var sweep in sweeps)
            {
                var correct = ShownCorrect(prompts[prompt], new Seeds(sweep, prompts[prompt].Prompt, 0));
                for (var point = 0; point < counts.Length; point++)
                {
                    var tries = Math.Min(CurvePoints[point], correct.Count);
                    counts[point][prompt] += correct[tries - 1] ? 1 : 0;
                }
            }
        });
        return counts;
    }

    /// <summary>Whether the image shown after each attempt of a chain is correct.</summary>
    private List<bool> ShownCorrect(PromptMetadata prompt, Seeds seeds)
    {
        var history = new List<PastAttempt>();
        var correct = new List<bool>();
        var shownCorrect = new List<bool>();
        while (Strategy.Next(history, seeds) is Step.Draw draw)
        {
            foreach (var proposal in draw.Proposals)
            {
                var attempt = history.Count;
                var scene = Generator.Draw(prompt.Prompt, seeds.Noise(attempt), proposal.Context.Select(c => c.Feedback));
                var detections = scene.Detections();
                correct.Add(GenEvalRules.Score(prompt, detections, ScoringOptions.Default).Correct);
                history.Add(new PastAttempt(Judge.Judge(prompt.Prompt, detections, seeds.Judge(attempt)).Verdict) { Context = proposal.Context });
                shownCorrect.Add(correct[Strategy.Shown(history)]);
            }
        }

        return shownCorrect;
    }
}

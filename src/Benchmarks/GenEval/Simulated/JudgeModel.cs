using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Judging;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>
/// How the simulated judge decides: by GenEval's rules on what the image shows and the prompt's text asks, then it errs
/// at given rates. It speaks in the manner of the released judge: a verdict, a full stop, and one reason.
/// </summary>
public sealed class JudgeModel(JudgeParameters parameters)
{
    public (Verdict Verdict, string Text) Judge(
        string prompt, IReadOnlyDictionary<string, IReadOnlyList<Detection>> seen, long seed)
    {
        var wanted = PromptReader.Read(prompt);
        var fault = FaultFinder.First(wanted, seen);
        var random = new NumpyRandom((ulong)seed);
        var acceptance = fault is null ? 1 - parameters.WrongRejection : parameters.WrongAcceptance[fault.Kind];

        // One draw decides both: the score is above a half with just the probability of acceptance.
        var score = Link.Probability(Link.Quantile(acceptance) + Link.Quantile(random.NextDouble()));
        var accepted = score > 0.5;
        var text = accepted
            ? "The image is correct."
            : $"The image is incorrect. {(fault ?? Invented(wanted, random)).ToSentence()}";
        return (new Verdict(accepted, score, 1 - score, JudgeText.Feedback(text, keepLastSentence: false)), text);
    }

    /// <summary>A fault that the prompt could have had, for a rejection without cause.</summary>
    private static Fault Invented(PromptMetadata wanted, NumpyRandom random)
    {
        var clause = wanted.Include[random.NextInt(wanted.Include.Count)];
        var choice = random.NextInt(Palette.Colours.Count - 1);
        if (wanted.Exclude.Count > 0)
        {
            return Fault.Count(clause.Class, clause.Count, clause.Count + (choice % 2 == 0 ? 1 : -1));
        }

        if (clause.Colour is not null)
        {
            var others = Palette.Colours.Where(c => c != clause.Colour).ToArray();
            return Fault.Colour(clause.Class, clause.Colour, others[choice]);
        }

        return wanted.Include.FirstOrDefault(c => c.Position is not null) is { Position: { } position } placed
            ? Fault.Relation(placed.Class, position.Relation, wanted.Include[position.Target].Class)
            : Fault.Missing(clause.Class);
    }
}

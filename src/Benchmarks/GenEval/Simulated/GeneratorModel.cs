using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>
/// How the simulated generator decides what to draw: from the prompt's text, the seed, and the feedback in its context.
/// </summary>
public sealed class GeneratorModel(GeneratorParameters parameters)
{
    /// <summary>Of the objects that fail to appear: the share that is there, but too faint to count.</summary>
    private const double FaintShare = 0.3;

    /// <summary>Of the wrong colourings of two objects: the share with the colours swapped.</summary>
    private const double SwappedShare = 0.5;

    /// <summary>Of the wrong counts: the share that is off by two, and the share that is too many.</summary>
    private const double OffByTwoShare = 0.25;
    private const double TooManyShare = 0.5;

    public Scene Draw(string prompt, long seed, IEnumerable<string> feedback)
    {
        var wanted = PromptReader.Read(prompt);
        var named = feedback.Select(f => Fault.Read(f) ?? ScorerReason.Read(f)).ToArray();
        var draw = new Attempt(parameters, wanted, named, new NumpyRandom((ulong)seed));
        return wanted.Exclude.Count > 0 ? draw.Several()
            : wanted.Include.Count == 1 ? draw.One()
            : draw.Pair();
    }

    /// <summary>How easy a prompt is for every simulated generator: near enough a standard normal variate.</summary>
    public static double Ease(string prompt)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes("ease\n" + prompt));
        var random = new NumpyRandom(BinaryPrimitives.ReadUInt64LittleEndian(hash));
        // Twelve uniform variates sum to variance 1; no function is needed that machines may round differently.
        var sum = -6.0;
        for (var i = 0; i < 12; i++)
        {
            sum += random.NextDouble();
        }

        return sum;
    }

    /// <summary>One image. All draws are made in a fixed order, so feedback changes what it names alone.</summary>
    private sealed class Attempt(
        GeneratorParameters parameters, PromptMetadata wanted, Fault?[] named, NumpyRandom random)
    {
        private readonly double _ease = Ease(wanted.Prompt);

        public Scene One()
        {
            var clause = wanted.Include[0];
            var present = Right(Aspect.OneObject, FaultKind.Missing);
            var coloured = clause.Colour is null || Right(Aspect.OneColour, FaultKind.Colour);
            var other = OtherColour(clause.Colour);
            var colour = coloured && clause.Colour is { } asked ? asked : other;
            var card = new SceneCard(clause.Class, colour, Sure());
            return SceneLayout.Alone(present ? card : Faint(card), random);
        }

        public Scene Several()
        {
            var clause = wanted.Include[0];
            var right = Right(Aspect.Count, FaultKind.Count);
            var by = random.NextDouble() < OffByTwoShare ? 2 : 1;
            var count = clause.Count + (right ? 0 : random.NextDouble() < TooManyShare ? by : -by);
            var cards = new List<SceneCard>();
            var colour = OtherColour(null);
            for (var i = 0; i < Math.Max(count, clause.Count); i++)
            {
                var card = new SceneCard(clause.Class, colour, Sure());
                // Counting asks for much confidence, so objects that are hard to make out are not counted.
                var shown = i < Math.Max(count, 1) ? card
                    : random.NextDouble() < FaintShare ? card with { Confidence = 400 + random.NextInt(450) }
                    : null;
                if (shown is not null)
                {
                    cards.Add(shown);
                }
            }

            return SceneLayout.Scattered(cards, random);
        }

        public Scene Pair()
        {
            var (target, subject) = (wanted.Include[0], wanted.Include[1]);
            var present = Right(Aspect.TwoObjects, FaultKind.Missing);
            var coloured = subject.Colour is null || Right(Aspect.TwoColours, FaultKind.Colour);
            var placed = subject.Position is null || Right(Aspect.Relation, FaultKind.Relation);

            var (first, second) = Colours(target.Colour, subject.Colour, coloured);
            SceneCard?[] cards =
                [new SceneCard(target.Class, first, Sure()), new SceneCard(subject.Class, second, Sure())];
            var absent = random.NextInt(2);
            var faint = Faint(cards[absent]!);
            cards[absent] = present ? cards[absent] : faint;

            var asked = subject.Position is { } position ? Palette.Relations.ToList().IndexOf(position.Relation) : 0;
            var turn = subject.Position is null ? random.NextInt(4) : 1 + random.NextInt(3);
            var relation = placed && subject.Position is not null ? asked : (asked + turn) % 4;
            return SceneLayout.Beside(cards[0], cards[1], Palette.Relations[relation], random);
        }

        /// <summary>Whether an aspect comes out right; more likely when its fault was named for this prompt.</summary>
        private bool Right(Aspect aspect, FaultKind fault)
        {
            var (level, spread, boost) = parameters.Aspects[aspect];
            var told = named.Any(f => f?.Kind == fault && wanted.Include.Any(c => c.Class == f.Class));
            return random.NextDouble() < Link.Probability(level + spread * _ease + (told ? boost : 0));
        }

        private (string First, string Second) Colours(string? first, string? second, bool right)
        {
            var swapped = random.NextDouble() < SwappedShare && first != second;
            var wrong = random.NextInt(2);
            var (otherFirst, otherSecond) = (OtherColour(first), OtherColour(second));
            return (first, second) switch
            {
                (null, _) or (_, null) => (otherFirst, otherSecond),
                _ when right => (first, second),
                _ when swapped => (second, first),
                _ => wrong == 0 ? (otherFirst, second) : (first, otherSecond),
            };
        }

        /// <summary>Any of the ten, but not this one.</summary>
        private string OtherColour(string? colour)
        {
            var others = Palette.Colours.Where(c => c != colour).ToArray();
            return others[random.NextInt(others.Length)];
        }

        private int Sure() => 920 + random.NextInt(80);

        private SceneCard? Faint(SceneCard card)
        {
            var faint = random.NextDouble() < FaintShare;
            var confidence = 50 + random.NextInt(230);
            return faint ? card with { Confidence = confidence } : null;
        }
    }
}

using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Benchmarks.Shapes;

/// <summary>What a prompt of the world of shapes is for.</summary>
public enum ShapeSet
{
    Test,
    Validation,
    Training,
}

/// <summary>
/// The prompts of the world of shapes, in GenEval's grammar, shared out among a test, a validation and a training set as a
/// seed has it. No prompt is in two of them, but for single objects, of which there are only 40; of positions and colour
/// attributes not even what is asked for is in training in other words.
/// </summary>
/// <remarks>
/// What is asked for, times five openings, are all the prompts there are: of single objects 8 x 5, of two objects 56 x 5, of
/// counting 24 x 5, of colours 80 x 5, of positions 224 x 5, of colour attributes 5,040 x 5.
/// </remarks>
public sealed class ShapePrompts
{
    public const int PublishedSeed = 45;

    /// <summary>Of each category.</summary>
    public const int TestPerCategory = 40;

    /// <inheritdoc cref="TestPerCategory"/>
    public const int ValidationPerCategory = 20;

    /// <summary>"a photo of" is GenEval's own.</summary>
    private static readonly string[] Openings = ["a photo of", "a picture of", "a drawing of", "an image of", "a painting of"];

    private static readonly PromptGrammar[] Grammars = [.. Openings.Select(o => new PromptGrammar(o))];

    private static readonly Lazy<ShapePrompts> PublishedSets = new(() => new(PublishedSeed));

    private readonly Lazy<(IReadOnlyList<PromptMetadata> Prompts, HashSet<string> Texts)> _training;

    public ShapePrompts(UInt128 seed)
    {
        var random = new NumpyRandom(seed);
        var categories = Asked().Select(asked => new Category(asked, random)).ToList();
        Test = [.. categories.SelectMany(c => c.Test)];
        Validation = [.. categories.SelectMany(c => c.Validation)];
        _training = new(() =>
        {
            List<PromptMetadata> training = [.. categories.SelectMany(c => c.Training)];
            return (training, [.. training.Select(p => p.Prompt)]);
        });
    }

    /// <summary>Those of the published seed.</summary>
    public static ShapePrompts Published => PublishedSets.Value;

    /// <summary>The benchmark itself: 40 prompts of each category, all different.</summary>
    public IReadOnlyList<PromptMetadata> Test { get; }

    /// <summary>For choices that are made before the test: 20 of each category.</summary>
    public IReadOnlyList<PromptMetadata> Validation { get; }

    /// <summary>All others; of single objects all that there are.</summary>
    public IReadOnlyList<PromptMetadata> Training => _training.Value.Prompts;

    public IReadOnlyList<PromptMetadata> Of(ShapeSet set) => set switch
    {
        ShapeSet.Test => Test,
        ShapeSet.Validation => Validation,
        _ => Training,
    };

    public bool IsOfTraining(string prompt) => _training.Value.Texts.Contains(prompt);

    /// <summary>That of the prompt's opening first, then those of the others.</summary>
    internal static IEnumerable<PromptGrammar> GrammarsFor(string prompt) =>
        Openings.Zip(Grammars).OrderBy(g => !prompt.StartsWith(g.First + " ", StringComparison.Ordinal)).Select(g => g.Second);

    /// <summary>What can be asked for in each category, in each wording.</summary>
    private static IEnumerable<List<Func<PromptGrammar, PromptMetadata>>> Asked()
    {
        var shapes = ShapeWorld.Classes.All;
        var pairs = shapes.SelectMany(a => shapes.Where(b => b != a).Select(b => (A: a, B: b))).ToList();
        var colours = ShapeWorld.Colours.SelectMany(a => ShapeWorld.Colours.Where(b => b != a).Select(b => (A: a, B: b))).ToList();
        yield return [.. shapes.Select(s => (Func<PromptGrammar, PromptMetadata>)(g => g.SingleObject(s)))];
        yield return [.. pairs.Select(p => (Func<PromptGrammar, PromptMetadata>)(g => g.TwoObject(p.A, p.B)))];
        yield return [.. shapes.SelectMany(s => Enumerable.Range(2, 3).Select(n => (Func<PromptGrammar, PromptMetadata>)(g => g.Counting(s, n))))];
        yield return [.. shapes.SelectMany(s => ShapeWorld.Colours.Select(c => (Func<PromptGrammar, PromptMetadata>)(g => g.Colors(s, c))))];
        yield return [.. pairs.SelectMany(p => Palette.Relations.Select(r => (Func<PromptGrammar, PromptMetadata>)(g => g.Position(p.A, r, p.B))))];
        yield return [.. pairs.SelectMany(p => colours.Select(c => (Func<PromptGrammar, PromptMetadata>)(g => g.ColorAttr(p.A, c.A, p.B, c.B))))];
    }

    /// <summary>All prompts of a category in an order that takes everything once before anything in a second wording.</summary>
    private sealed class Category
    {
        private const int HeldOut = TestPerCategory + ValidationPerCategory;

        private readonly List<Func<PromptGrammar, PromptMetadata>> _asked;
        private readonly int[] _order;
        private readonly int[][] _openings;

        public Category(List<Func<PromptGrammar, PromptMetadata>> asked, NumpyRandom random)
        {
            _asked = asked;
            _order = random.Choice(asked.Count, asked.Count);
            _openings = [.. _order.Select(_ => random.Choice(Grammars.Length, Grammars.Length))];
        }

        public IEnumerable<PromptMetadata> Test => Enumerable.Range(0, TestPerCategory).Select(At);

        public IEnumerable<PromptMetadata> Validation => Enumerable.Range(Enough ? TestPerCategory : 0, ValidationPerCategory).Select(At);

        public IEnumerable<PromptMetadata> Training =>
            Enumerable.Range(0, Count).Where(i => !Enough || (Many ? i % _asked.Count : i) >= HeldOut).Select(At);

        private int Count => _asked.Count * Grammars.Length;

        /// <summary>To hold texts out.</summary>
        private bool Enough => Count > HeldOut;

        /// <summary>To hold out what is asked for, in all its wordings.</summary>
        private bool Many => _asked.Count > 2 * HeldOut;

        private PromptMetadata At(int index)
        {
            var (round, place) = Math.DivRem(index, _asked.Count);
            return _asked[_order[place]](Grammars[_openings[place][round]]);
        }
    }
}

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>GenEval's six kinds of prompts, in the words of its script and in clauses.</summary>
/// <param name="opening">What each begins with: "a photo of".</param>
internal sealed class PromptGrammar(string opening)
{
    private static readonly string[] NumberWords = ["zero", "one", "two", "three", "four"];

    public PromptMetadata SingleObject(string name) => Prompt(Categories.SingleObject, WithArticle(name), new Clause(name, 1));

    public PromptMetadata TwoObject(string a, string b) => Prompt(
        Categories.TwoObject, $"{WithArticle(a)} and {WithArticle(b)}", new Clause(a, 1), new Clause(b, 1));

    /// <param name="count">Two to four.</param>
    public PromptMetadata Counting(string name, int count) =>
        Prompt(Categories.Counting, $"{NumberWords[count]} {Plural(name)}", new Clause(name, count)) with
        {
            Exclude = [new Clause(name, count + 1)],
        };

    public PromptMetadata Colors(string name, string colour) =>
        Prompt(Categories.Colors, $"{WithArticle(colour)} {name}", new Clause(name, 1, colour));

    public PromptMetadata Position(string a, string relation, string b) => Prompt(
        Categories.Position,
        $"{WithArticle(a)} {relation} {WithArticle(b)}",
        new Clause(b, 1),
        new Clause(a, 1, Position: new Position(relation, 0)));

    public PromptMetadata ColorAttr(string a, string colourA, string b, string colourB) => Prompt(
        Categories.ColorAttr,
        $"{WithArticle(colourA)} {a} and {WithArticle(colourB)} {b}",
        new Clause(a, 1, colourA),
        new Clause(b, 1, colourB));

    private PromptMetadata Prompt(string tag, string scene, params Clause[] include) => new(tag, include, [], $"{opening} {scene}");

    private static string WithArticle(string word) => ("aeiou".Contains(word[0]) ? "an " : "a ") + word;

    /// <summary>The published rule and no better one: the published prompts say "benchs" and "knifes".</summary>
    private static string Plural(string name) => name + (name.EndsWith('s') ? "es" : "s");
}

using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval;

public sealed class GenEvalRulesTests
{
    private const string Front = """{"tag": "custom", "prompt": "synthetic", """;

    /// <summary>What the published scorer crashes on or quietly misreads.</summary>
    [Theory]
    [InlineData("""{"class": "dog", "count": 0}""", "count 0")]
    [InlineData("""{"class": "unicorn", "count": 1}""", "unicorn")]
    [InlineData("""{"class": "dog", "count": 1, "position": ["above", 0]}""", "no earlier one")]
    [InlineData("""{"class": "dog", "count": 1, "color": "grey"}""", "grey")]
    [InlineData("""{"class": "dog", "count": 1, "colour": "red"}""", "colour")]
    [InlineData("""{"class": "dog"}""", "\"count\" is missing")]
    [InlineData("""{"class": "dog", "count": 1.5}""", "1.5")]
    public void Odd_include_clauses_are_refused(string clause, string fault) =>
        Refused($"\"include\": [{clause}]", "include clause 0", fault);

    [Theory]
    [InlineData("above", 1, "expected 0 to 0")]
    [InlineData("above", 7, "clause 7")]
    [InlineData("above", -1, "clause -1")]
    [InlineData("near", 0, "near")]
    public void Odd_positions_are_refused(string relation, int target, string fault)
    {
        const string Dog = """{"class": "dog", "count": 1}""";
        var cat = $$"""{"class": "cat", "count": 1, "position": ["{{relation}}", {{target}}]}""";

        Refused($"\"include\": [{Dog}, {cat}]", "include clause 1", fault);
    }

    [Theory]
    [InlineData("""{"class": "dog", "count": 0}""", "count 0")]
    [InlineData("""{"class": "dog", "count": 1, "color": "red"}""", "no effect")]
    public void Odd_exclude_clauses_are_refused(string clause, string fault) =>
        Refused($"\"exclude\": [{clause}]", "exclude clause 0", fault);

    [Theory]
    [InlineData("not json", "expected a JSON object: not JSON at character 2: 'o' does not belong here")]
    [InlineData("", "an empty line")]
    [InlineData("[1]", "expected a JSON object")]
    [InlineData("""{"metadata": {"tag": "x", "prompt": "y"}, "detections": {}}""", "\"id\" is missing")]
    [InlineData("""{"id": "a", "metadata": {"prompt": "y"}, "detections": {}}""", "\"tag\" is missing")]
    [InlineData("""{"id": "a", "metadata": {"tag": "", "prompt": "y"}, "detections": {}}""", "no tag")]
    [InlineData("""{"id": "a", "metadata": {"tag": "x", "prompt": "y"}, "detections": {"dig": []}}""", "dig")]
    [InlineData(
        """{"id": "a", "metadata": {"tag": "x", "prompt": "y"}, "detections": {"dog": [[1, 2, 3, 4, 0.5]]}}""",
        "detections: dog[0]")]
    [InlineData(
        """{"id": "a", "metadata": {"tag": "x", "prompt": "y"}, "detections": {"dog": [[1, 2, 3, 4, 1e39, null]]}}""",
        "1e39")]
    [InlineData(
        """{"id": "a", "metadata": {"tag": "x", "prompt": "y"}, "detections": {"dog": [], "dog": []}}""", "dog")]
    [InlineData(
        """{"id": "a", "options": {"max_objects": -1}, "metadata": {"tag": "x", "prompt": "y"}, "detections": {}}""",
        "max_objects is -1")]
    [InlineData(
        """{"id": "a", "options": {"treshold": 1}, "metadata": {"tag": "x", "prompt": "y"}, "detections": {}}""",
        "unknown option")]
    [InlineData("""{"id": "\ud800", "metadata": {"tag": "x", "prompt": "y"}, "detections": {}}""", "Unicode")]
    public void Bad_lines_are_refused_with_what_is_wrong(string line, string fault) =>
        Assert.Contains(fault, Assert.Throws<InvalidDataException>(() => Score(ScoringCase.Parse(line, ObjectWorld.GenEval))).Message);

    [Fact]
    public void A_colour_outside_the_palette_is_refused_where_a_clause_looks_at_it()
    {
        const string Dog = """{"dog": [[0, 0, 9, 9, 0.5, "grey"]]}""";

        var error = Assert.Throws<InvalidDataException>(() => Score(Case(
            Front + "\"include\": [{\"class\": \"dog\", \"count\": 1, \"color\": \"red\"}]}", Dog)));

        Assert.Contains("include clause 0", error.Message);
        Assert.Contains("\"grey\"", error.Message);
        Assert.True(Score(Case(Front + "\"include\": [{\"class\": \"dog\", \"count\": 1}]}", Dog)).Correct);
    }

    [Fact]
    public void Options_and_clauses_may_be_absent() =>
        Assert.True(Score(Case("""{"tag": "custom", "prompt": "synthetic"}""", "{}")).Correct);

    [Fact]
    public void A_score_of_exactly_the_threshold_as_float32_is_not_above_it()
    {
        var dog = Front + "\"include\": [{\"class\": \"dog\", \"count\": 1}]}";

        Assert.False(Score(Case(dog, """{"dog": [[0, 0, 9, 9, 0.30000001, null]]}""")).Correct);
        Assert.True(Score(Case(dog, """{"dog": [[0, 0, 9, 9, 0.30000004, null]]}""")).Correct);
    }

    [Fact]
    public void A_score_that_is_not_a_number_is_above_nothing()
    {
        Detection[] dogs = [.. new[] { float.NaN, 0.5f, 0.6f }.Select(score => new Detection(0, 0, 9, 9, score, null))];
        var prompt = new PromptMetadata("custom", [], [], "synthetic");

        var score = GenEvalRules.Score(prompt, Image(("dog", dogs)), ScoringOptions.Default);

        Assert.Equal([2, 1], score.Kept.Single().Indices);
    }

    [Fact]
    public void Any_published_prompt_survives_writing_and_reading()
    {
        foreach (var prompt in PromptSet.Published)
        {
            var line = MetadataJson.Write(prompt);
            using var json = JsonDocument.Parse(line);
            Assert.Equal(line, MetadataJson.Write(MetadataJson.Read(json.RootElement, ObjectNames.Classes)));
        }
    }

    /// <summary>Whatever the detections: what is kept obeys the rules; the order of classes does not matter.</summary>
    [Fact]
    public void Kept_detections_are_the_best_above_the_threshold()
    {
        var detection =
            from x in Gen.Choose(0, 50)
            from width in Gen.Choose(0, 30)
            from score in Gen.Choose(0, 20)
            select new Detection(x, 0, x + width, 20, score / 20f, null);
        var image =
            from dogs in detection.ArrayOf()
            from cats in detection.ArrayOf()
            from maxObjects in Gen.Choose(1, 20)
            from maxOverlap in Gen.Choose(1, 10)
            let options = new ScoringOptions { MaxObjects = maxObjects, MaxOverlap = maxOverlap / 10.0 }
            select (dogs, cats, options);
        var prompt = new PromptMetadata("custom", [new Clause("dog", 1)], [], "synthetic");

        Prop.ForAll(image.ToArbitrary(), it =>
        {
            var score = GenEvalRules.Score(prompt, Image(("dog", it.dogs), ("cat", it.cats)), it.options);
            var swapped = GenEvalRules.Score(
                prompt, Image(("cat", it.cats.ToList()), ("dog", it.dogs.ToList())), it.options);

            Assert.Equal(ScoreJson.Write("id", score, ObjectNames.Classes), ScoreJson.Write("id", swapped, ObjectNames.Classes));
            Assert.Equal(it.dogs.Any(dog => dog.Score > 0.3f), score.Correct);
            foreach (var kept in score.Kept)
            {
                var found = kept.Class == "dog" ? it.dogs : it.cats;
                Assert.InRange(kept.Indices.Length, 1, it.options.MaxObjects);
                Assert.All(kept.Indices, i => Assert.True(found[i].Score > 0.3f));
                var bestFirst = kept.Indices.OrderByDescending(i => found[i].Score).ThenByDescending(i => i);
                Assert.Equal(bestFirst, kept.Indices);
                Assert.Equal(found.Max(one => one.Score), found[kept.Indices[0]].Score);
            }
        }).QuickCheckThrowOnFailure();
    }

    private static void Refused(string clauses, string clause, string fault)
    {
        var error = Assert.Throws<InvalidDataException>(() => Case(Front + clauses + "}", "{}"));

        Assert.Contains("\"synthetic\"", error.Message);
        Assert.Contains(clause, error.Message);
        Assert.Contains(fault, error.Message);
    }

    private static Dictionary<string, IReadOnlyList<Detection>> Image(
        params IEnumerable<(string Class, IReadOnlyList<Detection> Found)> classes) =>
        classes.ToDictionary(one => one.Class, one => one.Found);

    private static RulesResult Score(ScoringCase scoring) =>
        GenEvalRules.Score(scoring.Metadata, scoring.Detections, scoring.Options);

    private static ScoringCase Case(string metadata, string detections) =>
        ScoringCase.Parse($$"""{"id": "a", "metadata": {{metadata}}, "detections": {{detections}}}""", ObjectWorld.GenEval);
}

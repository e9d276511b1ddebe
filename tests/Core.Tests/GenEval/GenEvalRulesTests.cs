using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Core.GenEval;

namespace ReflectDiT.Eval.Core.Tests.GenEval;

public sealed class GenEvalRulesTests
{
    private const string Front = """{"tag": "custom", "prompt": "synthetic", """;

    /// <summary>What the published scorer crashes on or quietly misreads.</summary>
    [Theory]
    [InlineData("\"exclude\": [{\"class\": \"dog\", \"count\": 0}]", "exclude clause 0", "count 0")]
    [InlineData("\"include\": [{\"class\": \"dog\", \"count\": 0}]", "include clause 0", "count 0")]
    [InlineData("\"include\": [{\"class\": \"unicorn\", \"count\": 1}]", "include clause 0", "unicorn")]
    [InlineData(
        "\"include\": [{\"class\": \"dog\", \"count\": 1}, {\"class\": \"cat\", \"count\": 1, \"position\": [\"above\", 1]}]",
        "include clause 1",
        "expected 0 to 0")]
    [InlineData(
        "\"include\": [{\"class\": \"dog\", \"count\": 1}, {\"class\": \"cat\", \"count\": 1, \"position\": [\"above\", -1]}]",
        "include clause 1",
        "clause -1")]
    [InlineData(
        "\"include\": [{\"class\": \"cat\", \"count\": 1, \"position\": [\"above\", 0]}]",
        "include clause 0",
        "no earlier one")]
    [InlineData(
        "\"include\": [{\"class\": \"dog\", \"count\": 1}, {\"class\": \"cat\", \"count\": 1, \"position\": [\"near\", 0]}]",
        "include clause 1",
        "near")]
    [InlineData("\"include\": [{\"class\": \"dog\", \"count\": 1, \"color\": \"grey\"}]", "include clause 0", "grey")]
    [InlineData("\"include\": [{\"class\": \"dog\", \"count\": 1, \"colour\": \"red\"}]", "include clause 0", "colour")]
    [InlineData("\"include\": [{\"class\": \"dog\"}]", "include clause 0", "\"count\" is missing")]
    [InlineData("\"exclude\": [{\"class\": \"dog\", \"count\": 1, \"color\": \"red\"}]", "exclude clause 0", "no effect")]
    public void Odd_clauses_are_refused_by_prompt_and_clause(string clauses, string clause, string fault)
    {
        var error = Assert.Throws<InvalidDataException>(() => Score(Case(Front + clauses + "}", "{}")));

        Assert.Contains("\"synthetic\"", error.Message);
        Assert.Contains(clause, error.Message);
        Assert.Contains(fault, error.Message);
    }

    [Theory]
    [InlineData("not json", "expected a JSON object, found a fault at byte 2")]
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
        Assert.Contains(fault, Assert.Throws<InvalidDataException>(() => Score(ScoringCase.Parse(line))).Message);

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
    public void Options_and_clauses_may_be_absent() => Assert.True(Score(Case(Front + "\"include\": []}", "{}")).Correct);

    [Fact]
    public void A_score_of_exactly_the_threshold_as_float32_is_not_above_it()
    {
        var dog = Front + "\"include\": [{\"class\": \"dog\", \"count\": 1}]}";

        Assert.False(Score(Case(dog, """{"dog": [[0, 0, 9, 9, 0.30000001, null]]}""")).Correct);
        Assert.True(Score(Case(dog, """{"dog": [[0, 0, 9, 9, 0.30000004, null]]}""")).Correct);
    }

    [Fact]
    public void Any_published_prompt_survives_writing_and_reading()
    {
        foreach (var prompt in PromptSet.Published)
        {
            var line = MetadataJson.Write(prompt);
            Assert.Equal(line, MetadataJson.Write(MetadataJson.Read(System.Text.Json.JsonDocument.Parse(line).RootElement)));
        }
    }

    /// <summary>However many detections, boxes and scores: what is kept obeys the rules, and the order of classes does not matter.</summary>
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
            select (dogs, cats, Options: new ScoringOptions { MaxObjects = maxObjects, MaxOverlap = maxOverlap / 10.0 });
        var prompt = new PromptMetadata("custom", [new Clause("dog", 1)], [], "synthetic");

        Prop.ForAll(image.ToArbitrary(), it =>
        {
            var score = GenEvalRules.Score(
                prompt,
                new Dictionary<string, IReadOnlyList<Detection>> { ["dog"] = it.dogs, ["cat"] = it.cats },
                it.Options);
            var swapped = GenEvalRules.Score(
                prompt,
                new Dictionary<string, IReadOnlyList<Detection>> { ["cat"] = it.cats.ToList(), ["dog"] = it.dogs.ToList() },
                it.Options);

            Assert.Equal(ScoreJson.Write("id", score), ScoreJson.Write("id", swapped));
            Assert.Equal(it.dogs.Any(dog => dog.Score > 0.3f), score.Correct);
            foreach (var kept in score.Kept)
            {
                var found = kept.Class == "dog" ? it.dogs : it.cats;
                Assert.InRange(kept.Indices.Length, 1, it.Options.MaxObjects);
                Assert.All(kept.Indices, i => Assert.True(found[i].Score > 0.3f));
                Assert.Equal(kept.Indices.OrderByDescending(i => found[i].Score).ThenByDescending(i => i), kept.Indices);
                Assert.Equal(found.Max(one => one.Score), found[kept.Indices[0]].Score);
            }
        }).QuickCheckThrowOnFailure();
    }

    private static Score Score(ScoringCase scoring) =>
        GenEvalRules.Score(scoring.Metadata, scoring.Detections, scoring.Options);

    private static ScoringCase Case(string metadata, string detections) =>
        ScoringCase.Parse($$"""{"id": "a", "metadata": {{metadata}}, "detections": {{detections}}}""");
}

using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;

namespace ReflectDiT.Eval.Benchmarks.Tests.GenEval;

public sealed class GenEvalRulesOracleTests
{
    [Fact]
    public void All_4000_cases_equal_the_published_verdict_reason_and_kept_detections()
    {
        var differences = new List<string>();
        var cases = 0;
        foreach (var line in OracleData.Lines("oracle-cases.jsonl.gz"))
        {
            cases++;
            using var json = JsonDocument.Parse(line);
            var expected = Canonical(json.RootElement.GetProperty("expected"));
            var scoring = ScoringCase.Parse(line, ObjectWorld.GenEval);
            var score = GenEvalRules.Score(scoring.Metadata, scoring.Detections, scoring.Options);

            using var answer = JsonDocument.Parse(ScoreJson.Write(scoring.Id, score, ObjectNames.Classes));
            var actual = Canonical(answer.RootElement);
            if (actual != expected)
                differences.Add($"{scoring.Id}:\n  expected {expected}\n  actual   {actual}");
        }

        Assert.Equal(4000, cases);
        Assert.True(differences.Count == 0, $"{differences.Count} differ\n{string.Join('\n', differences.Take(10))}");
    }

    /// <summary>Verdict, reason and kept as one text; kept is compared as a map.</summary>
    private static string Canonical(JsonElement json)
    {
        var kept = json.GetProperty("kept").EnumerateObject()
            .OrderBy(field => field.Name, StringComparer.Ordinal)
            .Select(field => $"{field.Name}: {field.Value.GetRawText()}");
        return $"{json.GetProperty("correct")} {json.GetProperty("reason").GetString()} {string.Join("; ", kept)}";
    }
}

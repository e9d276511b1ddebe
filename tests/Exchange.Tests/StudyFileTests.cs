using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Exchange.Studies;

namespace ReflectDiT.Eval.Exchange.Tests;

public sealed class StudyFileTests : IDisposable
{
    private static readonly StudyManifest Manifest = new(
        "people", Guid.Parse("0a0b0c0d-0000-0000-0000-000000000001"), new(1, "a \"1\"", 4), new(0, "=b", 4), StudyManifest.UsualQuestion, 1, 2, 0.5, 0,
        [.. Enumerable.Range(0, 3).Select(p => new StudyPair(p + 10, "c", $"prompt, {p}", new(0, $"a{p}"), new(0, p < 2 ? $"b{p}" : $"a{p}")))]);

    private static readonly IReadOnlyList<StudyVote> Votes =
    [
        new("r1", new(0, 1, false, true), StudyAnswer.Left, 2.5),
        new("r1", new(1, 0, false, false), StudyAnswer.Skip, null),
        new("r1", new(2, 1, true, false), StudyAnswer.Bad, 1),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-study-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Votes_come_back_from_both_kinds_of_file_as_they_were()
    {
        var file = StudyFile.Of(Manifest, Votes);
        var (manifest, fromJson) = StudyFile.ReadJson(Write("votes.json", file.Write(StudyFile.Json)));
        Assert.Equal(Manifest.ToJson(), manifest.ToJson());
        Assert.Equal(Votes, fromJson);
        Assert.Equal(Votes, StudyFile.ReadCsv(Write("votes.csv", file.Write(StudyFile.Csv)), Manifest));
    }

    /// <summary>Made by hand elsewhere: the order of the lines is that of the showings.</summary>
    [Fact]
    public void A_table_needs_no_more_than_who_answered_what_and_what_was_on_the_left()
    {
        var votes = StudyFile.ReadCsv(Write("crowd.csv", "answer,left,prompt_index,rater\nleft,=b,10,x\ntie,=b,11,x\nright,=b,10,y\n"), Manifest);
        Assert.Equal([(0, 0, -1), (1, 1, 0), (0, 0, 1)], votes.Select(v => (v.Showing.Number, v.Pair, v.Preference!.Value)));
    }

    [Theory]
    [InlineData("rater,prompt_index,left\n", "no column answer")]
    [InlineData("rater,prompt_index,left,answer,judge\n", "unknown column 'judge'")]
    [InlineData("rater,prompt_index,left,answer\nx,12,=b,left\n", ":2: prompt_index: expected a prompt that the study asks about, found 12")]
    [InlineData("rater,prompt_index,left,answer\nx,10,c,left\n", "left: expected 'a \"1\"' or '=b', found 'c'")]
    [InlineData("rater,prompt_index,left,answer\nx,10,=b,maybe\n", "answer: expected one of left, right, tie, bad, skip, found 'maybe'")]
    [InlineData("rater,prompt_index,left,answer\nx,10,=b,left\nx,10,=b,left\n", ":3: rater 'x' answers prompt 10 twice")]
    [InlineData("rater,prompt_index,left,answer,again\nx,10,=b,left,true\n", "again: expected one answer before")]
    [InlineData("rater,prompt_index,left,answer\n\"a\u0007\",10,=b,left\n", "rater: expected a name")]
    public void What_is_no_vote_of_the_study_is_named_with_its_line(string table, string says)
    {
        var fault = Assert.Throws<RecordException>(() => StudyFile.ReadCsv(Write("wrong.csv", table), Manifest));
        Assert.Contains(says, $"{fault.Finding}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_is_none_is_named_with_its_line()
    {
        var json = StudyFile.Of(Manifest, Votes).Write(StudyFile.Json).Replace("\"raters\": 2", "\"raters\": null", StringComparison.Ordinal);
        var fault = Assert.Throws<FormatException>(() => StudyFile.ReadJson(Write("wrong.json", json)));
        Assert.Contains("manifest.raters: expected a whole number", fault.Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}

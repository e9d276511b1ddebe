using System.Text;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Core.Tests.Text;

public class FileNamesTests
{
    [Fact]
    public void Names_stay_readable_safe_and_apart()
    {
        string[] names =
        [
            "a/b", "a_b", "a|b", "..", ".", "/etc/passwd", "基线", "反射", "SANA-1.0 + best-of-20", "", " ", "X", "x", "X-2",
            new('n', 300), new string('n', 300) + "!", string.Concat(Enumerable.Repeat("反", 200)), "\ud83d", "\ud83d\ude00", "line\nline", "nul\0",
        ];
        var files = FileNames.Of(names.Select((name, index) => (index, name)));
        var all = names.Select((_, i) => files[i]).ToList();
        Assert.Equal(all.Count, all.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(all, f =>
        {
            Assert.InRange(Encoding.UTF8.GetByteCount(f), 1, 110);
            Assert.DoesNotMatch(@"^\.|[/\0\n]|^$", f);
        });
        Assert.Equal(
            ["a_b-2", "a_b", "a_b-3", "基线", "反射", "SANA-1.0___best-of-20", "X", "x-2"],
            new[] { 0, 1, 2, 6, 7, 8, 11, 12 }.Select(i => files[i]));
    }

    [Theory]
    [InlineData(" a ", "a")]
    [InlineData("a\n", "a")]
    [InlineData("a\u00a0\u2003b", "a b")]
    [InlineData("a\u2028b", "a b")]
    [InlineData("cafe\u0301", "caf\u00e9")]
    public void What_looks_alike_is_one_name(string text, string name)
    {
        Assert.Equal(name, PlainName.Of(text));
        Assert.Null(PlainName.Fault(PlainName.Of(text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\tb")]
    [InlineData("a\u001b[2Jb")]
    [InlineData("a\u202eb")]
    [InlineData("a\u200bb")]
    [InlineData("a\0b")]
    public void What_cannot_be_seen_is_no_name(string text) =>
        Assert.Contains("expected a name of 1 to 200 characters", PlainName.Fault(PlainName.Of(text)), StringComparison.Ordinal);

    [Fact]
    public void A_half_of_a_pair_and_a_long_text_are_no_names()
    {
        Assert.NotNull(PlainName.Fault("\ud83d"));
        Assert.NotNull(PlainName.Fault(new string('a', 201)));
        Assert.Null(PlainName.Fault(new string('a', 200)));
    }

    [Fact]
    public void What_is_hidden_is_shown_as_an_escape_and_the_rest_as_it_is()
    {
        Assert.Equal(@"a\n\u001b\u202e\ud83d" + "\ud83d\ude00é", VisibleText.Of("a\n\u001b\u202e\ud83d\ud83d\ude00é"));
        Assert.Equal("a\n" + @"\u0007b", VisibleText.Lines("a\n\ab"));
        Assert.Equal("aaa...", VisibleText.Short("aaa\ud83d\ude00b", 4));
    }

    [Theory]
    [InlineData("stratgey", "strategy")]
    [InlineData("sede", "seed")]
    [InlineData("nmae", "name")]
    [InlineData("k", null)]
    [InlineData("banana", null)]
    public void The_nearest_word_is_what_was_meant(string word, string? meant) =>
        Assert.Equal(meant, Spelling.Nearest(word, ["strategy", "seed", "name", "n"]));
}

using System.IO.Compression;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Core.Tests.Text;

/// <summary>Against what Python's unicodedata makes of the same text; make_nfc.py wrote the reference.</summary>
public sealed class NfcTests
{
    private static readonly List<(string Text, string Nfc)> Reference = ReadReference();

    /// <summary>Any UTF-16, lone surrogates included, with many of the characters that are composed.</summary>
    private static readonly Gen<string> AnyText =
        Gen.OneOf(Gen.Elements(Reference.Select(r => r.Text).ToArray()), Gen.Choose(0, 0xFFFF).Select(c => ((char)c).ToString()))
            .ArrayOf().Select(string.Concat);

    [Fact]
    public void An_accent_and_its_letter_become_one_character()
    {
        Assert.Equal("\u00E9", Nfc.Normalize("e\u0301"));
        Assert.Equal("caf\u00E9 \uD55C\uAE00", Nfc.Normalize("cafe\u0301 \u1112\u1161\u11AB\u1100\u1173\u11AF"));
    }

    [Fact]
    public void Every_code_point_is_what_the_reference_makes_of_it()
    {
        var changed = Reference.Where(r => r.Text.EnumerateRunes().Count() == 1).ToDictionary(r => r.Text, r => r.Nfc, StringComparer.Ordinal);
        var wrong = Enumerable.Range(0, 0x110000).Where(c => c is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32)
            .Where(text => !string.Equals(changed.GetValueOrDefault(text, text), Nfc.Normalize(text), StringComparison.Ordinal));
        Assert.Empty(wrong.Select(Escape));
    }

    [Fact]
    public void Strings_of_hard_characters_are_what_the_reference_makes_of_them()
    {
        Assert.True(Reference.Count > 4000);
        var wrong = Reference.Where(r => !string.Equals(r.Nfc, Nfc.Normalize(r.Text), StringComparison.Ordinal));
        Assert.Empty(wrong.Select(r => $"{Escape(r.Text)} gave {Escape(Nfc.Normalize(r.Text))}, expected {Escape(r.Nfc)}"));
    }

    [Fact]
    public void What_is_normal_stays_as_it_is() =>
        Prop.ForAll(AnyText.ToArbitrary(), text =>
        {
            var once = Nfc.Normalize(text);
            Assert.Equal(Escape(once), Escape(Nfc.Normalize(once)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_part_that_begins_with_a_plain_letter_is_normalised_by_itself() =>
        Prop.ForAll(AnyText.ToArbitrary(), AnyText.ToArbitrary(), (before, after) => Assert.Equal(
            Escape(Nfc.Normalize(before) + Nfc.Normalize("x" + after)),
            Escape(Nfc.Normalize(before + "x" + after)))).QuickCheckThrowOnFailure();

    [Fact]
    public void Text_below_the_first_combining_mark_is_handed_back()
    {
        var text = string.Concat(Enumerable.Range(0, 0x300).Select(c => (char)c));
        Assert.Same(text, Nfc.Normalize(text));
    }

    private static string Escape(string text) => string.Join(' ', text.Select(c => ((int)c).ToString("X4")));

    private static List<(string Text, string Nfc)> ReadReference()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Text", "nfc.jsonl.gz");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        var lines = new List<(string Text, string Nfc)>();
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            lines.Add((document.RootElement.GetProperty("text").GetString()!, document.RootElement.GetProperty("nfc").GetString()!));
        }

        return lines;
    }
}

using System.ComponentModel.DataAnnotations;

namespace ReflectDiT.Eval.Core.Tests;

/// <summary>What is refused in a file of settings, shown on prices.</summary>
public sealed class SettingsJsonTests
{
    private sealed record Prices(
        string Currency,
        [property: Range(0, 1e9)] double GeneratorDeviceHour,
        [property: Range(0, 1e9)] double JudgeDeviceHour,
        [property: Range(0, 1e9)] double MillionJudgeTokens);

    private const string Valid = """
        {
          "currency": "EUR",
          "generator_device_hour": 2.5,
          "judge_device_hour": 0,
          "million_judge_tokens": 3
        }
        """;

    [Fact]
    public void A_valid_file_is_read() =>
        Assert.Equal(new Prices("EUR", 2.5, 0, 3), SettingsJson.Read<Prices>("prices.json", Valid));

    [Theory]
    [InlineData("\"currency\": \"EUR\",", "", "prices.json:1: top level: the key 'currency' is missing.")]
    [InlineData("\"currency\": \"EUR\",\n  \"generator_device_hour\": 2.5,", "", "prices.json:1: top level: the keys 'currency', 'generator_device_hour' are missing.")]
    [InlineData("million_", "", "prices.json:5: top level: the key 'judge_tokens' is unknown; known: currency, generator_device_hour, judge_device_hour, million_judge_tokens.")]
    [InlineData("currency", "Currency", "prices.json:2: top level: the key 'Currency' is unknown; known: currency,")]
    [InlineData("judge_device_hour", "currency", "prices.json:4: top level: the key 'currency' is given twice.")]
    [InlineData("2.5", "-1", "prices.json:3: generator_device_hour: expected a number from 0 to 1000000000, found -1.")]
    [InlineData("2.5", "1e999", "prices.json:3: generator_device_hour: expected a number from 0 to 1000000000, found 1e999.")]
    [InlineData("2.5", "\"2.5\"", "prices.json:3: generator_device_hour: expected a number from 0 to 1000000000, found \"2.5\".")]
    [InlineData("2.5", "null", "prices.json:3: generator_device_hour: expected a number from 0 to 1000000000, found null.")]
    [InlineData("2.5", "[2.5]", "prices.json:3: generator_device_hour: expected a number from 0 to 1000000000, found a list.")]
    [InlineData("\"EUR\"", "\"\"", "prices.json:2: currency: expected a text that is not empty, found \"\".")]
    [InlineData("\"EUR\"", "7", "prices.json:2: currency: expected a text that is not empty, found 7.")]
    [InlineData("\"EUR\"", "\"\\ud800\"", "prices.json:2: currency: expected a text that is not empty, found \"\\ud800\".")]
    [InlineData("currency", "\\ud800", "prices.json:2: top level: the key '\\ud800' is unknown")]
    [InlineData("2.5", "NaN", "prices.json:3: not JSON at character 28: 'N' does not belong here.")]
    [InlineData(": 3", ": 3,", "prices.json:6: not JSON at character 1: '}' does not belong here.")]
    [InlineData("3\n}", "3", "prices.json:5: not JSON at character 28: the text ends where more of it must follow.")]
    [InlineData("3\n}", "3\n} {}", "prices.json:6: not JSON at character 3: '{' does not belong here.")]
    [InlineData("{\n", "\ufeff{\n", "prices.json:1: not JSON at character 1: it begins with a byte order mark; save it without.")]
    public void A_fault_is_told_by_file_line_and_key(string valid, string wrong, string message)
    {
        Assert.Contains(valid, Valid, StringComparison.Ordinal);
        Assert.StartsWith(message, Refusal(Valid.Replace(valid, wrong, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "prices.json:1: not JSON at character 1: the text ends where more of it must follow.")]
    [InlineData("null", "prices.json:1: top level: expected an object, found null.")]
    [InlineData("[]", "prices.json:1: top level: expected an object, found a list.")]
    [InlineData("\n3", "prices.json:2: top level: expected an object, found 3.")]
    public void A_file_that_is_no_object_is_refused(string text, string message) =>
        Assert.Equal(message, Refusal(text));

    [Fact]
    public void Deep_nesting_is_refused_at_its_first_level()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 100_000));
        Assert.StartsWith("prices.json:1: top level: expected an object", Refusal(deep), StringComparison.Ordinal);
        Assert.StartsWith("prices.json:3: generator_device_hour: expected a number", Refusal(Valid.Replace("2.5", deep)), StringComparison.Ordinal);
    }

    /// <summary>The message, which must be free of the runtime's words.</summary>
    private static string Refusal(string text)
    {
        var message = Assert.Throws<FormatException>(() => SettingsJson.Read<Prices>("prices.json", text)).Message;
        Assert.DoesNotMatch(@"LineNumber|BytePosition|System\.|Path: \$|\.NET|JSON token|Prices", message);
        return message;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Core.Benchmarks;

/// <summary>Reads a number as printed (0.80, with its zero) or a count ("446/553").</summary>
internal sealed class PublishedValueConverter : JsonConverter<PublishedValue>
{
    public override PublishedValue Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        if (reader.TokenType is JsonTokenType.Number && reader.GetDouble() is >= 0 and <= 100 and var number)
        {
            return new(number, text, "");
        }

        return reader.TokenType is JsonTokenType.String && text.Split('/') is [var some, var all]
            && int.TryParse(some, NumberStyles.None, CultureInfo.InvariantCulture, out var correct)
            && int.TryParse(all, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && correct <= count
            ? new((double)correct / count, $"{(double)correct / count:F3}", $": {text}")
            : throw new JsonException("a share from 0 to 1, as 0.80 or \"446/553\"");
    }

    public override void Write(Utf8JsonWriter writer, PublishedValue value, JsonSerializerOptions options) =>
        throw new NotSupportedException();
}

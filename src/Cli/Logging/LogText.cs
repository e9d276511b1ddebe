using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Cli.Logging;

/// <summary>A message of the log as one line.</summary>
internal static class LogText
{
    private const string Own = "ReflectDiT.Eval.";

    /// <summary>For people. Nothing that a message quotes can break the line, or move a terminal's cursor.</summary>
    public static string Line(
        DateTimeOffset time, string category, LogLevel level, string message, Exception? exception)
    {
        var line = new StringBuilder($"{time.ToLocalTime():HH:mm:ss} {Name(level)}: ");
        if (!category.StartsWith(Own, StringComparison.Ordinal))
        {
            line.Append(category).Append(": ");
        }

        line.Append(VisibleText.Of(message));
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            line.Append($" ({cause.GetType().Name}: {VisibleText.Of(cause.Message)})");
        }

        return line.ToString();
    }

    /// <summary>For machines: one object, its time in UTC; what the message names stands in <c>data</c> too.</summary>
    public static string Json(
        DateTimeOffset time,
        string category,
        LogLevel level,
        EventId id,
        string message,
        IEnumerable<KeyValuePair<string, object?>> data,
        Exception? exception)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", Name(level));
            json.WriteString("category", category);
            if (id.Name is not null)
            {
                json.WriteString("event", JsonNamingPolicy.SnakeCaseLower.ConvertName(id.Name));
            }

            json.WriteString("message", message);
            json.WriteStartObject("data");
            foreach (var (name, value) in data.Where(d => d.Key != "{OriginalFormat}").DistinctBy(d => d.Key))
            {
                json.WritePropertyName(JsonNamingPolicy.SnakeCaseLower.ConvertName(name));
                Write(json, value);
            }

            json.WriteEndObject();
            if (exception is not null)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            default: json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Critical => "error",
        _ => level.ToString().ToLowerInvariant(),
    };
}

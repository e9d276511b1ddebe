using System.Text;
using System.Text.Json;

namespace ReflectDiT.Eval.Core;

/// <summary>Why a text is no JSON, in our own words: the runtime's speak of byte positions and of line 0.</summary>
public static class JsonFault
{
    /// <summary>Of JSON whose values were asked for by key and type.</summary>
    /// <param name="text">The whole of it.</param>
    public static string Read(string text, Exception e) => e is JsonException json && Of(text, json) is var (line, what)
        ? $"line {line}, {what}"
        : "a key that it must have is missing, or a value is of another type than expected";

    /// <returns>The line, and what is wrong at which of its characters.</returns>
    public static (int Line, string What) Of(string text, JsonException e)
    {
        if (e is not { LineNumber: { } above, BytePositionInLine: { } before })
        {
            // Of a document with a key twice: it has no place, only the key's name in quotes.
            return (1, $"the key '{e.Message.Split('\'').ElementAtOrDefault(1)}' is given twice");
        }

        var line = string.Join('\n', text.Split('\n').Skip((int)above));
        var at = Encoding.UTF8.GetCharCount(Encoding.UTF8.GetBytes(line).AsSpan(..(int)before));
        return ((int)above + 1, $"not JSON at character {at + 1}: " + (at >= line.Length
            ? "the text ends where more of it must follow"
            : line[at] == '\ufeff' ? "it begins with a byte order mark; save it without" : $"'{line[at]}' does not belong here"));
    }
}

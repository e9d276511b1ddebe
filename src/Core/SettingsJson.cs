using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Core;

/// <summary>
/// JSON that a person wrote, read into a record. Every key is known, given once and, unless its member has a default,
/// there; a dictionary by an enum has all of its names. Nothing is null, no text is empty, and a member's
/// <see cref="RangeAttribute"/> or <see cref="AllowedValuesAttribute"/> holds, in a list or dictionary of each item.
/// What does not fit is a <see cref="FormatException"/> that names file, line and key.
/// </summary>
public sealed class SettingsJson
{
    /// <summary>How a record of settings is written: equal ones give equal text.</summary>
    public static readonly JsonSerializerOptions Form = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private readonly string _file;
    private readonly string _text;
    private readonly byte[] _json;
    private readonly Dictionary<string, int> _lines = [];

    public SettingsJson(string file, string text) => (_file, _text, _json) = (file, text, Encoding.UTF8.GetBytes(text));

    public static T Read<T>(string file, string text) => new SettingsJson(file, text).Read<T>();

    /// <summary>The name of an enum's value in a file.</summary>
    public static string Key<T>(T value)
        where T : struct, Enum => Snake(value.ToString());

    public T Read<T>()
    {
        try
        {
            var reader = new Utf8JsonReader(_json);
            reader.Read();
            Check(ref reader, Form.GetTypeInfo(typeof(T)), "", []);
            reader.Read();
        }
        catch (JsonException e)
        {
            var (line, what) = JsonFault.Of(_text, e);
            throw new FormatException($"{_file}:{line}: {what}.", e);
        }

        return JsonSerializer.Deserialize<T>(_json, Form)!;
    }

    /// <param name="path">Of a value that was read, such as <c>rows[0].id</c>.</param>
    public FormatException Error(string path, string what) => Error(path, null, what);

    /// <summary>Refuses keys that are not known, and says which of those that are needed are missing.</summary>
    public void CheckKeys(string path, IEnumerable<string> given, IEnumerable<string> known, IEnumerable<string> needed)
    {
        if (given.Except(known).FirstOrDefault() is { } unknown)
        {
            throw Error(path, unknown, $"the key '{unknown}' is unknown; known: {string.Join(", ", known)}");
        }

        if (needed.Except(given).Select(k => $"'{k}'").ToList() is { Count: > 0 } missing)
        {
            throw Error(path, missing.Count == 1
                ? $"the key {missing[0]} is missing" : $"the keys {string.Join(", ", missing)} are missing");
        }
    }

    private static string Inner(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <param name="key">A key of the value at <paramref name="path"/> whose line is meant.</param>
    private FormatException Error(string path, string? key, string what) => new(VisibleText.Bounded(
        $"{_file}:{_lines.GetValueOrDefault(key is null ? path : Inner(path, key), 1)}: "
        + $"{(path.Length == 0 ? "top level" : path)}: {what}."));

    private int Line(ref Utf8JsonReader reader) =>
        1 + _json.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');

    private void Check(ref Utf8JsonReader reader, JsonTypeInfo type, string path, ValidationAttribute[] rules)
    {
        _lines[path] = Line(ref reader);
        if (type.Kind is JsonTypeInfoKind.None)
        {
            CheckValue(ref reader, type, path, rules);
        }
        else if (type.Kind is JsonTypeInfoKind.Enumerable)
        {
            Expect(ref reader, JsonTokenType.StartArray, "a list", path);
            for (var i = 0; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; i++)
            {
                Check(ref reader, Form.GetTypeInfo(type.ElementType!), $"{path}[{i}]", rules);
            }
        }
        else
        {
            Expect(ref reader, JsonTokenType.StartObject, "an object", path);
            CheckMembers(ref reader, type, path, rules);
        }
    }

    private void CheckMembers(ref Utf8JsonReader reader, JsonTypeInfo type, string path, ValidationAttribute[] rules)
    {
        var known = type.Kind is JsonTypeInfoKind.Object
            ? type.Properties.ToDictionary(p => p.Name, p => (p.PropertyType, p.IsRequired, RulesOf(p)))
            : type.KeyType!.IsEnum
                ? Enum.GetNames(type.KeyType).ToDictionary(Snake, _ => (type.ElementType!, true, rules))
                : null;
        var given = new HashSet<string>();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
        {
            var key = Encoding.UTF8.GetString(reader.ValueSpan); // as written: nobody needs an escape in one
            _lines[Inner(path, key)] = Line(ref reader);
            if (!given.Add(key))
            {
                throw Error(path, key, $"the key '{key}' is given twice");
            }

            CheckKeys(path, [key], reader.ValueIsEscaped ? [] : known?.Keys.AsEnumerable() ?? [key], []);
            var (member, _, itsRules) = known?[key] ?? (type.ElementType!, false, rules);
            reader.Read();
            Check(ref reader, Form.GetTypeInfo(member), Inner(path, key), itsRules);
        }

        CheckKeys(path, given, given, known?.Where(k => k.Value.Item2).Select(k => k.Key) ?? []);
    }

    private static ValidationAttribute[] RulesOf(JsonPropertyInfo property) =>
        [.. property.AttributeProvider?.GetCustomAttributes(typeof(ValidationAttribute), true)
            .Cast<ValidationAttribute>() ?? []];

    private void CheckValue(ref Utf8JsonReader reader, JsonTypeInfo type, string path, ValidationAttribute[] rules)
    {
        var found = Found(ref reader);
        string? expected = null;
        try
        {
            var value = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.Null
                ? null
                : JsonSerializer.Deserialize(ref reader, type);
            if (value is not (null or "" or double.PositiveInfinity or double.NegativeInfinity)
                && rules.All(r => r.IsValid(value)))
            {
                return;
            }
        }
        catch (JsonException e)
        {
            expected = e.Message; // of a converter of ours: the runtime's are not asked for
        }

        throw Error(path, $"expected {Expected(type.Type, rules) ?? expected ?? "a value"}, found {found}");
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType token, string what, string path)
    {
        if (reader.TokenType != token)
        {
            throw Error(path, $"expected {what}, found {Found(ref reader)}");
        }
    }

    /// <summary>Null for a type that says so itself, through its converter.</summary>
    private static string? Expected(Type type, ValidationAttribute[] rules)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        var name = plain switch
        {
            { IsEnum: true } => $"one of: {string.Join(", ", Enum.GetNames(plain).Select(Snake))}",
            _ when plain == typeof(bool) => "true or false",
            _ when plain == typeof(int) => "a whole number",
            _ when plain == typeof(double) => "a number",
            _ when plain == typeof(string) => "a text that is not empty",
            _ => null,
        };
        return rules.FirstOrDefault() switch
        {
            RangeAttribute r => string.Create(CultureInfo.InvariantCulture, $"{name} from {r.Minimum} to {r.Maximum}"),
            AllowedValuesAttribute allowed => string.Join(" or ", allowed.Values).ToLowerInvariant(),
            _ => name,
        };
    }

    private static string Found(ref Utf8JsonReader reader)
    {
        const int Shown = 60;
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        text = text.Length > Shown ? text[..Shown] + "..." : text;
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => $"\"{text}\"",
            _ => text,
        };
    }
}

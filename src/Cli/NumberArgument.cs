using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace ReflectDiT.Eval.Cli;

/// <summary>Reads an option's number, or says what was expected.</summary>
internal static class NumberArgument
{
    public static T AtLeast<T>(ArgumentResult result, T least)
        where T : struct, INumber<T> => Between(result, least, null);

    /// <param name="most">Null for any.</param>
    public static T Between<T>(ArgumentResult result, T least, T? most)
        where T : struct, INumber<T>
    {
        var text = result.Tokens.Single().Value;
        if (!T.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || !T.IsFinite(value) || value < least || value > most)
        {
            var kind = least is int ? "a whole number" : "a number";
            result.AddError($"{(result.Parent as OptionResult)?.Option.Name} {text}: expected {kind} of at least {least}"
                + (most is null ? "" : $" and at most {most}"));
        }

        return value;
    }
}

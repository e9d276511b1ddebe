namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Words as a shell takes them.</summary>
public static class ShellText
{
    /// <summary>As it is where no shell sees anything in it; else in single quotes, which nothing gets out of.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '=' or ',')
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

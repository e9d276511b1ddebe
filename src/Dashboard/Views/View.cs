using System.Globalization;
using Microsoft.AspNetCore.Components;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Dashboard.Pages;

namespace ReflectDiT.Eval.Dashboard.Views;

/// <summary>What every component knows: where things are, and how numbers and the words of others are written.</summary>
public abstract class View : ComponentBase
{
    [CascadingParameter]
    public required Links Links { get; set; }

    /// <summary>Words of others: nothing in them goes unseen or turns the text around them. Razor escapes the rest.</summary>
    protected static string Say(string? text) => VisibleText.Lines(text ?? "");

    /// <summary>As a sentence.</summary>
    protected static string Sentence(string text) =>
        text.Length == 0 ? text : Say(char.ToUpperInvariant(text[0]) + text[1..]) + (text.EndsWith('.') ? "" : ".");

    protected static string Short(string text, int most = 80) => VisibleText.Short(text, most);

    protected static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    protected static string Percent(double share) => share.ToString("0.0%", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal);

    /// <summary>Four digits are enough for a cost.</summary>
    protected static string Amount(double? number) => number switch
    {
        null => "–",
        >= 1000 => number.Value.ToString("N0", CultureInfo.InvariantCulture),
        _ => number.Value.ToString("G4", CultureInfo.InvariantCulture),
    };

    protected static string When(DateTime time) => time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>As "2 h 05 min": no more than two parts.</summary>
    protected static string Long(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{(int)time.TotalDays} d {time.Hours} h",
        { TotalHours: >= 1 } => $"{(int)time.TotalHours} h {time.Minutes:00} min",
        { TotalMinutes: >= 1 } => $"{(int)time.TotalMinutes} min {time.Seconds:00} s",
        _ => $"{time.TotalSeconds:0.#} s",
    };

    /// <summary>A coordinate of a drawing.</summary>
    protected static string At(double place) => place.ToString("0.##", CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>The command that draws an attempt again.</summary>
public static class DrawCommandText
{
    /// <param name="context">The attempts whose images it saw, and the words about each.</param>
    /// <returns>Null for what was drawn elsewhere, by a generator that is not known.</returns>
    public static string? Of(ArmConfiguration arm, PromptRow prompt, AttemptRow attempt, IReadOnlyList<(int Attempt, string Words)> context)
    {
        if (attempt.Imported || attempt.Seed is not { } seed)
        {
            return null;
        }

        if (arm.Generator.Kind is not (ModelConfiguration.Sana or ModelConfiguration.ReflectDit))
        {
            return "# This generator draws in sweeps alone: the same sweep in an empty folder draws the same again.\n"
                + $"reflectdit run SWEEP.yaml --data NEW_FOLDER --category {Quoted(prompt.Stratum)}";
        }

        var text = new StringBuilder($"reflectdit draw MODEL_FOLDER --prompt {Quoted(attempt.DrawnPrompt ?? prompt.Prompt)} --seed ")
            .Append(CultureInfo.InvariantCulture, $"{seed}");
        foreach (var (option, key) in new[] { ("steps", "steps"), ("guidance", "guidance"), ("size", "height"), ("dtype", "dtype") })
        {
            if (arm.Generator.Parameters is { ValueKind: JsonValueKind.Object } parameters && parameters.TryGetProperty(key, out var value))
            {
                text.Append(CultureInfo.InvariantCulture, $" --{option} {Quoted(value.ToString())}");
            }
        }

        foreach (var (of, words) in context)
        {
            text.Append(CultureInfo.InvariantCulture, $" \\\n  --context {Quoted($"attempt-{of}.png={words}")}");
        }

        return text.ToString();
    }

    /// <summary>What cannot be seen would be copied unseen: it is shown, and no longer the same.</summary>
    private static string Quoted(string word) => ShellText.Quoted(VisibleText.Lines(word));
}

using System.CommandLine;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Cli;

/// <summary>The option <c>--prices</c> of every verb that can count in money.</summary>
internal sealed class PriceOption
{
    private const int LargestFile = 1 << 20;

    private readonly Option<string?> _file = new("--prices")
    {
        Description = "JSON file with currency, generator_device_hour, judge_device_hour, million_judge_tokens",
    };

    public Option Option => _file;

    /// <summary>Null when there is no such file and <paramref name="axis"/> needs none.</summary>
    /// <exception cref="UsageException">The file is wrong, or money is asked for without one.</exception>
    public Prices? Read(ParseResult parsed, BudgetAxis? axis = null)
    {
        if (parsed.GetValue(_file) is not { } file)
        {
            return axis is BudgetAxis.Money ? throw new UsageException("a budget in money needs --prices FILE") : null;
        }

        try
        {
            return SettingsJson.Read<Prices>(file, RegularFile.ReadText(file, LargestFile));
        }
        catch (IOException e)
        {
            throw new UsageException($"cannot read {file}: {e.Message}", e);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message, e);
        }
    }
}

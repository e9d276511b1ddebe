using System.Globalization;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Grains;

/// <summary>A chain as the key of its <see cref="IPromptGrain"/>.</summary>
/// <param name="Arm">Index in the sweep.</param>
/// <param name="Needs">Its turn: drawn on one silo and judged on another, it is two grains, one after the other.</param>
/// <param name="ArmName">With <paramref name="Needs"/>, says to placement, which sees no more than the key, what a silo must serve.</param>
public sealed record PromptKey(Guid Sweep, int Arm, int Prompt, int Replicate, ChainRole Needs, string ArmName)
{
    /// <exception cref="FormatException">The text is not a key.</exception>
    public static PromptKey Parse(string key) =>
        key.Split('/', 6) is [var sweep, var arm, var prompt, var replicate, var needs, var name]
            ? new(Guid.Parse(sweep), Number(arm), Number(prompt), Number(replicate), Enum.Parse<ChainRole>(needs), name)
            : throw new FormatException($"'{key}' is not a key of a prompt: expected SWEEP/ARM/PROMPT/REPLICATE/TURN/ARM NAME.");

    /// <summary>The name comes last: it may hold anything.</summary>
    public override string ToString() => $"{Sweep}/{Arm}/{Prompt}/{Replicate}/{Needs}/{ArmName}";

    private static int Number(string text) => int.Parse(text, NumberStyles.None);
}

using System.Globalization;

namespace ReflectDiT.Eval.Grains;

/// <summary>A chain as the key of its <see cref="IPromptGrain"/>.</summary>
/// <param name="Arm">Index in the sweep.</param>
/// <param name="ArmName">Says to placement, which sees no more than the key, what a silo must serve.</param>
public sealed record PromptKey(Guid Sweep, int Arm, int Prompt, int Replicate, string ArmName)
{
    /// <exception cref="FormatException">The text is not a key.</exception>
    public static PromptKey Parse(string key) =>
        key.Split('/', 5) is [var sweep, var arm, var prompt, var replicate, var name]
            ? new(Guid.Parse(sweep), Number(arm), Number(prompt), Number(replicate), name)
            : throw new FormatException($"'{key}' is no key of a prompt: SWEEP/ARM/PROMPT/REPLICATE/ARM NAME is expected.");

    /// <summary>The name comes last: it may hold anything.</summary>
    public override string ToString() => $"{Sweep}/{Arm}/{Prompt}/{Replicate}/{ArmName}";

    private static int Number(string text) => int.Parse(text, NumberStyles.None);
}

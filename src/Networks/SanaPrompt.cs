using ReflectDiT.Eval.Networks.Tokenizers;

namespace ReflectDiT.Eval.Networks;

/// <summary>A prompt as SanaPipeline of diffusers feeds it to the text encoder, and which of its positions it keeps.</summary>
/// <param name="Ids">As long as the pipeline makes it: padded on the right, or cut.</param>
/// <param name="Used">How many of the ids are not padding.</param>
/// <param name="Kept">How many positions the transformer is given.</param>
public sealed record SanaPrompt(int[] Ids, int Used, int Kept)
{
    /// <summary>The kept positions: the first, and the last of <see cref="Ids"/>.</summary>
    public IEnumerable<int> Positions => Enumerable.Range(Ids.Length - Kept + 1, Kept - 1).Prepend(0);

    /// <summary>Whether a position holds a token.</summary>
    public bool IsToken(int position) => position < Used;

    /// <summary>
    /// The tokens of a prompt. Instruction and prompt are one text to the tokenizer; but how many ids are kept is counted by
    /// the instruction alone, so that the first id kept behind <c>&lt;bos&gt;</c> is of the prompt wherever the two merge.
    /// </summary>
    /// <param name="prompt">As the user wrote it.</param>
    /// <param name="instruction">What stands in front, or nothing: a negative prompt has none.</param>
    /// <param name="kept">SanaPipeline's max_sequence_length.</param>
    /// <param name="normalize">Whether it is lower-cased and stripped, as the pipeline does with every text.</param>
    public static SanaPrompt Encode(Tokenizer tokenizer, string prompt, string instruction = "", int kept = 300, bool normalize = true)
    {
        var text = normalize ? PromptText.Normalize(prompt) : prompt;
        var length = instruction.Length == 0 ? kept : tokenizer.Encode(instruction).Length + kept - 2;
        var (ids, used) = tokenizer.EncodePadded(instruction + text, length);
        return new SanaPrompt(ids, used, kept);
    }
}

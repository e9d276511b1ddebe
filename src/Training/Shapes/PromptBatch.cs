using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>Texts as ids, filled up to one length.</summary>
/// <param name="Ids">[texts, length]</param>
/// <param name="Used">How many of each text are not padding.</param>
internal sealed record PromptBatch(long[] Ids, long[] Used, int Length)
{
    public static PromptBatch Of(Tokenizer tokenizer, IReadOnlyList<string> texts, int length)
    {
        var encoded = texts.Select(text => tokenizer.EncodePadded(text, length)).ToList();
        return new([.. encoded.SelectMany(text => text.Ids.Select(id => (long)id))], [.. encoded.Select(text => (long)text.Used)], length);
    }

    /// <returns>Ids, and a mask with 1 for a token; both int64, [texts, length].</returns>
    public (Tensor Ids, Tensor Mask) ToTensors()
    {
        using var scope = NewDisposeScope();
        var mask = (arange(Length) < tensor(Used).unsqueeze(1)).to(int64);
        return (tensor(Ids, [Used.Length, Length]).MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }
}

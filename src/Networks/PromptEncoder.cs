using ReflectDiT.Eval.Networks.Checkpoints;
using ReflectDiT.Eval.Networks.Tokenizers;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Networks;

/// <summary>Texts as the transformer sees them.</summary>
/// <param name="States">The text encoder's last hidden state at the kept positions, [B, kept, width].</param>
/// <param name="Mask">int64, 1 for a token, 0 for padding, [B, kept].</param>
public sealed record EncodedText(Tensor States, Tensor Mask) : IDisposable
{
    public void Dispose()
    {
        States.Dispose();
        Mask.Dispose();
    }
}

/// <summary>Gemma-2 as SANA's text encoder, with what SanaPipeline does around it.</summary>
public sealed class PromptEncoder : IDisposable
{
    private readonly Tokenizer _tokenizer;
    private readonly InTurns<Gemma2> _encoder;
    private readonly Device _device;

    internal PromptEncoder(Tokenizer tokenizer, InTurns<Gemma2> encoder, Device device) =>
        (_tokenizer, _encoder, _device) = (tokenizer, encoder, device);

    /// <summary>One that stays on its device.</summary>
    /// <exception cref="CheckpointException">A folder does not hold what it should.</exception>
    public static PromptEncoder Load(string tokenizerFolder, string encoderFolder, ScalarType type, Device device, bool softCap = false) => new(
        Tokenizer.Open(tokenizerFolder), new(new Turns(on: false), () => Gemma2.Load(encoderFolder, type, device, softCap)), device);

    /// <summary>Texts of one kind; none of them depends on the others.</summary>
    /// <param name="instruction">What stands in front of each, or nothing.</param>
    /// <param name="normalize">See <see cref="SanaPrompt.Encode"/>.</param>
    /// <param name="what">The name under which <paramref name="watch"/> is told.</param>
    /// <returns>The caller's to dispose of.</returns>
    public EncodedText Encode(
        IReadOnlyList<string> texts, string instruction, int kept, bool normalize = true, string what = "prompt", Watch? watch = null)
    {
        using var scope = NewDisposeScope();
        var prompts = texts.Select(text => SanaPrompt.Encode(_tokenizer, text, instruction, kept, normalize)).ToList();
        var length = prompts[0].Ids.Length;
        var ids = tensor(prompts.SelectMany(p => p.Ids.Select(id => (long)id)).ToArray(), [texts.Count, length]).to(_device); // [B, L]
        watch?.Invoke($"{what}.input_ids", ids);
        var used = tensor(prompts.Select(p => (long)p.Used).ToArray()).unsqueeze(1); // [B, 1]
        var mask = (arange(length) < used).to(int64).to(_device); // [B, L]
        var positions = tensor(prompts[0].Positions.Select(i => (long)i).ToArray()).to(_device);
        var states = _encoder.Network.Forward(ids, mask).index_select(1, positions);
        watch?.Invoke($"{what}.embeds", states);
        mask = mask.index_select(1, positions);
        watch?.Invoke($"{what}.mask", mask);
        return new(states.DetachFromDisposeScope(), mask.DetachFromDisposeScope());
    }

    /// <summary>How many of the kept positions hold a token.</summary>
    public int Count(string text, int kept, bool normalize = true, string instruction = "")
    {
        var prompt = SanaPrompt.Encode(_tokenizer, text, instruction, kept, normalize);
        return prompt.Positions.Count(prompt.IsToken);
    }

    public void Dispose() => _encoder.Dispose();
}

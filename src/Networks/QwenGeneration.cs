using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>How Qwen goes on with a prompt.</summary>
/// <param name="EndTokens">What ends an answer.</param>
/// <param name="PadToken">What fills up behind an end.</param>
/// <param name="RepetitionPenalty">Divides the positive logits of what the prompt or the answer holds, multiplies the negative ones.</param>
/// <param name="Seeds">Of each row, if its tokens are to be drawn: a row's answer does not depend on the others.</param>
/// <param name="Temperature">Divides the scores that tokens are drawn by.</param>
public sealed record QwenGeneration(
    int MaxTokens, IReadOnlyList<int> EndTokens, int PadToken, double RepetitionPenalty, IReadOnlyList<ulong>? Seeds = null, double Temperature = 1)
{
    /// <summary>Greedy, by the folder's generation_config.json. Its temperature of 1e-6 asks for the same.</summary>
    /// <exception cref="CheckpointException">The file is not there, or no such file.</exception>
    public static QwenGeneration Read(string folder, int maxTokens)
    {
        var json = ModelConfig.Read(Path.Combine(folder, "generation_config.json"));
        return new(maxTokens, json.Integers("eos_token_id"), json.Integer("pad_token_id"), json.Number("repetition_penalty", 1));
    }
}

/// <summary>Chooses tokens by their scores.</summary>
internal sealed class QwenSampler : IDisposable
{
    private readonly QwenGeneration _rules;
    private readonly Generator[] _generators;

    public QwenSampler(QwenGeneration rules, long rows)
    {
        if (rules.Seeds is { } seeds && seeds.Count != rows)
            throw new ArgumentException($"Seeds for {seeds.Count} rows were given, there are {rows}.");
        _rules = rules;
        _generators = [.. (rules.Seeds ?? []).Select(seed => new Generator(seed, CPU))];
    }

    /// <param name="logits">fp32, [B, vocabulary]</param>
    /// <param name="ids">All so far, padding included as in transformers, [B, L].</param>
    public Tensor Penalize(Tensor logits, Tensor ids)
    {
        var present = logits.gather(1, ids);
        return logits.scatter(1, ids, where(present < 0, present * _rules.RepetitionPenalty, present / _rules.RepetitionPenalty));
    }

    /// <summary>The first of the best, or one drawn on the processor by its seed.</summary>
    /// <returns>[B]</returns>
    public Tensor Choose(Tensor scores)
    {
        if (_generators.Length == 0)
            return scores.argmax(-1);
        var chances = functional.softmax((scores / _rules.Temperature).cpu(), -1);
        return cat([.. _generators.Select((generator, row) => chances[row].multinomial(1, generator: generator))], 0).to(scores.device);
    }

    public void Dispose()
    {
        foreach (var generator in _generators)
            generator.Dispose();
    }
}

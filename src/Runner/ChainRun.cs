using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>How far a chain is: what its strategy has asked for so far, and what of that is there.</summary>
internal sealed class ChainRun(OpenChain chain, string prompt, ArmModels arm, long seed)
{
    private readonly Dictionary<int, StoredAttempt> _stored = chain.History.ToDictionary(a => a.Index);
    private readonly List<Proposal> _proposals = [];
    private readonly List<Entry?> _entries = [];

    public OpenChain Chain => chain;

    public string Prompt => prompt;

    public ArmModels Arm => arm;

    public Seeds Seeds { get; } = new(seed, prompt, chain.Replicate);

    /// <summary>Every attempt that was asked for is there.</summary>
    public bool IsWhole => !_entries.Contains(null);

    /// <summary>What the strategy says after all that it has asked for; only where that is there.</summary>
    public Step Next() => arm.Strategy.Next([.. _entries.Select(e => e!.Past)], Seeds);

    /// <summary>Begins a step, with what the ledger has of it.</summary>
    /// <returns>The index of its first attempt.</returns>
    public int Begin(IReadOnlyList<Proposal> proposals)
    {
        var first = _entries.Count;
        _proposals.AddRange(proposals);
        for (var index = first; index < _proposals.Count; index++)
        {
            _entries.Add(_stored.TryGetValue(index, out var there) ? EntryOf(there, null) : null);
        }

        return first;
    }

    public bool Has(int index) => _entries[index] is not null;

    public void Add(NewAttempt attempt) => _entries[attempt.At.Index] = EntryOf(
        new(attempt.At.Index, attempt.Drawing.Image, attempt.Judgement.Verdict, attempt.Score?.Score),
        arm.Strategy.DrawsIndependently ? null : attempt.Drawing.Content);

    public byte[] ImageOf(int index) => _entries[index]!.Image;

    /// <summary>An image of the chain; read again only where it is not in memory.</summary>
    public async Task<ReadOnlyMemory<byte>> ContentOfAsync(int index, ArtifactStore artifacts, CancellationToken abort)
    {
        var entry = _entries[index]!;
        return entry.Content ??= await artifacts.ReadAsync(entry.Image, abort);
    }

    /// <summary>What the strategy may know: the score only if it is an oracle.</summary>
    private Entry EntryOf(StoredAttempt attempt, ReadOnlyMemory<byte>? content) => new(
        attempt.Image,
        new PastAttempt(attempt.Verdict, arm.Strategy.IsOracle ? attempt.Score : null) { Context = _proposals[attempt.Index].Context })
    {
        Content = content,
    };

    private sealed record Entry(byte[] Image, PastAttempt Past)
    {
        public ReadOnlyMemory<byte>? Content { get; set; }
    }
}

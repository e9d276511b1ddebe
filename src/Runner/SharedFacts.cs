using System.Collections.Concurrent;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner;

/// <summary>
/// Drawings, judgements and scores for all chains of a worker: taken from the ledger where it has them, else made once for
/// all who ask meanwhile.
/// </summary>
internal sealed class SharedFacts(FactStore store)
{
    private readonly Kept<Guid, DrawingFact> _drawings = new(store.DrawingAsync);
    private readonly Kept<Guid, JudgementFact> _judgements = new(store.JudgementAsync);
    private readonly Kept<(Guid Drawing, Guid Scorer), ScoreFact> _scores = new(key => store.ScoreAsync(key.Drawing, key.Scorer));

    public Task<DrawingFact> DrawingAsync(Guid id, Func<Task<DrawingFact>> draw) => _drawings.GetAsync(id, draw);

    /// <returns>Null where the ledger does not have it.</returns>
    public Task<DrawingFact?> DrawingAsync(Guid id) => store.DrawingAsync(id);

    /// <param name="isNew">The image is: the ledger need not be asked.</param>
    public Task<JudgementFact> JudgementAsync(Guid id, bool isNew, Func<Task<JudgementFact>> judge) =>
        _judgements.GetAsync(id, judge, isNew);

    /// <inheritdoc cref="JudgementAsync"/>
    public Task<ScoreFact> ScoreAsync(Guid drawing, Guid scorer, bool isNew, Func<Task<ScoreFact>> score) =>
        _scores.GetAsync((drawing, scorer), score, isNew);

    /// <summary>The ledger has what the attempt refers to, or has other results: whoever asks next is to look there.</summary>
    public void Forget(NewAttempt attempt)
    {
        Forget(attempt.Drawing);
        _judgements.Forget(attempt.Judgement.Id);
        if (attempt.Score is { } score)
        {
            _scores.Forget((score.Drawing, score.Scorer));
        }
    }

    /// <summary>The ledger has it.</summary>
    public void Forget(DrawingFact drawing) => _drawings.Forget(drawing.Id);

    /// <summary>Facts from when they are first asked for until the ledger has them.</summary>
    private sealed class Kept<TKey, TFact>(Func<TKey, Task<TFact?>> find)
        where TKey : notnull
        where TFact : Fact
    {
        private readonly ConcurrentDictionary<TKey, Lazy<Task<TFact>>> _kept = new();

        public async Task<TFact> GetAsync(TKey key, Func<Task<TFact>> make, bool isNew = false)
        {
            var asked = _kept.GetOrAdd(key, _ => new(async () => (isNew ? null : await find(key)) ?? await make()));
            try
            {
                var fact = await asked.Value;
                if (fact.IsStored)
                {
                    _kept.TryRemove(new(key, asked));
                }

                return fact;
            }
            catch
            {
                _kept.TryRemove(new(key, asked)); // the next who asks tries for himself
                throw;
            }
        }

        public void Forget(TKey key) => _kept.TryRemove(key, out _);
    }
}

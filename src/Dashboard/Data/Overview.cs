using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>A sweep in the list of all.</summary>
/// <param name="ImagesASecond">Over the last minute or so; null where that is not known.</param>
/// <param name="Left">How long it takes at this rate; null likewise, and when nothing is left.</param>
public sealed record SweepLine(
    SweepStatus Status, bool Simulated, bool Oracle, IReadOnlyList<string> Arms, double? ImagesASecond, TimeSpan? Left);

/// <summary>All sweeps of the ledger with their progress, and the rate since it was last asked.</summary>
public sealed class Overview(LedgerSession session, TimeProvider clock)
{
    /// <summary>Rates are those of about so long.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>What is counted anew at most so often, however many watch.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly Queue<(DateTimeOffset At, IReadOnlyList<SweepStatus> Sweeps)> _before = [];
    private Background<IReadOnlyList<SweepLine>>? _lines;

    /// <summary>The newest sweep first; null when the first count took longer than <paramref name="patience"/>.</summary>
    public Task<IReadOnlyList<SweepLine>?> GetAsync(TimeSpan patience)
    {
        _lines ??= new((_, _) => CountAsync(), mostShare: 0.005);
        return _lines.GetAsync($"{clock.GetUtcNow().Ticks / Shortest.Ticks}", patience);
    }

    private async Task<IReadOnlyList<SweepLine>> CountAsync()
    {
        var (now, sweeps) = (clock.GetUtcNow(), await SweepStatus.AllAsync(session, CancellationToken.None));
        await using var ledger = new LedgerContext(session.Source);
        var arms = (await ledger.Arms.OrderBy(a => a.Index).ToListAsync()).ToLookup(a => a.SweepId);
        while (_before.Count > 1 && now - _before.Peek().At > Window)
        {
            _before.Dequeue();
        }

        var (since, then) = _before.TryPeek(out var first) ? first : (now, []);
        _before.Enqueue((now, sweeps));
        return [.. sweeps.Reverse().Select(s => Line(s, [.. arms[s.Id]], then.FirstOrDefault(t => t.Id == s.Id), now - since))];
    }

    private static SweepLine Line(SweepStatus now, List<ArmRow> arms, SweepStatus? then, TimeSpan passed)
    {
        var seconds = passed.TotalSeconds;
        var (images, chains) = then is null || seconds < 1
            ? (null, null)
            : ((double?)(now.Attempts - then.Attempts) / seconds, (double?)(then.Open - now.Open) / seconds);
        var working = now.State == SweepState.Running && now.Open > 0;
        return new(
            now,
            arms.Exists(a => a.Simulated),
            arms.Exists(a => a.Oracle),
            [.. arms.Select(a => a.Name)],
            working ? images : null,
            working && chains > 0 ? TimeSpan.FromSeconds(now.Open / chains.Value) : null);
    }
}

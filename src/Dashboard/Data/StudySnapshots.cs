using System.Collections.Concurrent;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Data;

/// <summary>The newest results of studies that were looked at: computed again when votes have come in, in the background.</summary>
public sealed class StudySnapshots(LedgerSession session)
{
    /// <summary>Votes come in one by one, as people make them, and are counted soon.</summary>
    private const double MostShare = 0.5;

    private readonly ConcurrentDictionary<Guid, StudyManifest> _manifests = [];
    private readonly ConcurrentDictionary<Guid, Background<StudySnapshot>> _studies = [];

    /// <summary>It never changes, and is read once.</summary>
    public async Task<StudyManifest> ManifestAsync(Guid study, CancellationToken cancellation) =>
        _manifests.TryGetValue(study, out var known) ? known
            : _manifests[study] = await session.Studies.ManifestAsync(study, cancellation);

    /// <param name="patience">How long the first may take.</param>
    /// <returns>Null when it took longer.</returns>
    public async Task<StudySnapshot?> GetAsync(Guid study, TimeSpan patience, CancellationToken cancellation)
    {
        var version = await session.Votes.VersionAsync(study, cancellation);
        var snapshot = await _studies.GetOrAdd(study, _ => new(async (_, of) =>
        {
            var votes = await session.Votes.OfStudyAsync(study, CancellationToken.None);
            var raters = await session.Studies.RatersAsync(study, CancellationToken.None);
            return new StudySnapshot(
                StudyResults.Of(await ManifestAsync(study, CancellationToken.None), [.. raters.Select(r => r.Rater)], votes), votes, of);
        }, MostShare)).GetAsync(version, patience);
        return snapshot is null ? null : snapshot with { IsNewest = snapshot.Version == version };
    }
}

/// <param name="Version">Of the votes that it counts, at least.</param>
public sealed record StudySnapshot(StudyResults Results, IReadOnlyList<StudyVote> Votes, string Version)
{
    /// <summary>Nothing has come in since.</summary>
    public bool IsNewest { get; init; }
}

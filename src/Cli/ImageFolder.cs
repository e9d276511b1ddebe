using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli;

/// <summary>
/// A sweep's images as a person looks for them: <c>images/SWEEP-ID/ARM/00042/3.png</c> links to the artifact of
/// attempt 3 of prompt 42, and <c>shown.png</c> to the one that the chain shows. Replicates beyond the first say so.
/// </summary>
internal static class ImageFolder
{
    /// <returns>The folder of the sweep, and how many of its images are gone.</returns>
    public static async Task<(string Folder, int Lost)> WriteAsync(
        LedgerSession session, string dataFolder, SweepRow sweep, CancellationToken cancellation)
    {
        var root = Path.Combine(dataFolder, "images", $"{sweep.Name}-{sweep.Id.ToString()[..8]}");
        await using var ledger = new LedgerContext(session.Source);
        var images = await (
            from chain in ledger.Chains
            where chain.SweepId == sweep.Id
            join arm in ledger.Arms
                on new { chain.SweepId, Index = chain.Arm } equals new { arm.SweepId, arm.Index }
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            where attempt.Image != null
            select new { Arm = arm.Name, chain.Prompt, chain.Replicate, chain.Shown, attempt.Index, attempt.Image })
            .ToListAsync(cancellation);
        var names = FileNames.Of(
            (await ledger.Arms.Where(a => a.SweepId == sweep.Id).OrderBy(a => a.Index).Select(a => a.Name).ToListAsync(cancellation))
            .Select(name => (name, name)));
        var lost = 0;
        foreach (var chain in images.GroupBy(i => (i.Arm, i.Prompt, i.Replicate)))
        {
            var replicate = chain.Key.Replicate == 0 ? "" : $"-replicate-{chain.Key.Replicate}";
            var folder = Path.Combine(root, names[chain.Key.Arm], $"{chain.Key.Prompt:00000}{replicate}");
            Directory.CreateDirectory(folder);
            foreach (var image in chain)
            {
                var artifact = session.Artifacts.PathOf(image.Image);
                if (!File.Exists(artifact))
                {
                    lost++;
                    continue;
                }

                Link(folder, $"{image.Index}.png", artifact);
                if (image.Index == image.Shown)
                {
                    Link(folder, "shown.png", artifact);
                }
            }
        }

        return (root, lost);
    }

    /// <summary>
    /// Relative, so that the data folder can be moved. Put in place in one step: other runs of the sweep may end at this
    /// moment too.
    /// </summary>
    private static void Link(string folder, string name, string artifact)
    {
        var link = Path.Combine(folder, name);
        var target = Path.GetRelativePath(folder, artifact);
        if (new FileInfo(link).LinkTarget == target)
            return;
        var made = $"{link}.{Guid.NewGuid():N}";
        File.CreateSymbolicLink(made, target);
        File.Move(made, link, overwrite: true);
    }
}

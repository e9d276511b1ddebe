using ReflectDiT.Eval.Core.Detecting;

namespace ReflectDiT.Eval.Benchmarks.GenEval.Simulated;

/// <summary>Says what GenEval's rules hold against an image.</summary>
public static class FaultFinder
{
    /// <summary>The first fault in the order of the rules, or null for a correct image.</summary>
    public static Fault? First(PromptMetadata prompt, IReadOnlyDictionary<string, IReadOnlyList<Detection>> detections)
    {
        var score = GenEvalRules.Score(prompt, detections, ScoringOptions.Default);
        if (score.Correct)
        {
            return null;
        }

        var kept = score.Kept.ToDictionary(k => k.Class, k => k.Indices);
        return prompt.Include.Select(c => OfClause(c, prompt)).FirstOrDefault(f => f is not null)
            ?? prompt.Include.Where(c => c.Position is not null).Select(OfPosition).First();

        Fault? OfClause(Clause clause, PromptMetadata prompt)
        {
            int[] indices = kept.GetValueOrDefault(clause.Class, []);
            if (prompt.Exclude.Any(e => e.Class == clause.Class) && indices.Length != clause.Count)
            {
                return Fault.Count(clause.Class, clause.Count, indices.Length);
            }

            if (indices.Length < clause.Count)
            {
                return Fault.Missing(clause.Class);
            }

            var found = detections[clause.Class][indices[0]].Colour;
            return clause.Colour is null || clause.Colour == found
                ? null
                : Fault.Colour(clause.Class, clause.Colour, found!);
        }

        Fault OfPosition(Clause clause) => Fault.Relation(
            clause.Class, clause.Position!.Relation, prompt.Include[clause.Position.Target].Class);
    }
}

using ReflectDiT.Eval.Analysis.Results;

namespace ReflectDiT.Eval.Analysis.Comparisons;

/// <summary>An arm that is to be compared, with the sweep that it is from.</summary>
public sealed record ComparedArm(SweepResults Sweep, ArmResults Arm)
{
    /// <summary>Chains that the arm should have.</summary>
    public int Expected => Sweep.Prompts.Count * Sweep.Replicates;

    /// <summary>The most chains that the arm has of a prompt.</summary>
    public int Replicates { get; } = Arm.Chains.CountBy(c => c.Prompt).Select(p => p.Value).DefaultIfEmpty(0).Max();

    /// <summary>The arm's name, with the sweep's where the other arm is from another sweep.</summary>
    public string Name(ComparedArm other) =>
        Arm.Label + (Sweep.Id == other.Sweep.Id ? "" : $" of {Sweep.Sweep}");
}

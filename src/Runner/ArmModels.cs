using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Models;

namespace ReflectDiT.Eval.Runner;

/// <summary>What the chains of an arm are run with.</summary>
public sealed record ArmModels(IGenerator Generator, IJudge Judge, IStrategy Strategy);

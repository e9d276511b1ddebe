using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Runner;

/// <summary>What the chains of an arm are run with.</summary>
public sealed record ArmModels(
    SweepModel<DrawRequest, Drawing> Generator, SweepModel<JudgeRequest, Judgement> Judge, IStrategy Strategy);

using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Strategies;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>What the chains of an arm are run with; none of the models need be loaded.</summary>
public sealed record ArmModels(
    HostedModel<DrawRequest, Drawing> Generator, HostedModel<JudgeRequest, Judgement> Judge, IStrategy Strategy);

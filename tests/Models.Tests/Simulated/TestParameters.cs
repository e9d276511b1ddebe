using System.Collections.Immutable;
using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Simulated;

namespace ReflectDiT.Eval.Models.Tests.Simulated;

/// <summary>Parameters that no fit ever changes.</summary>
internal static class TestParameters
{
    private static readonly ModelConfiguration Any = new(ModelConfiguration.Simulated, null);

    public static SimulatedGenerator LoadGenerator(GeneratorParameters parameters) => new(Any, new(), parameters);

    public static SimulatedJudge LoadJudge(JudgeParameters parameters) => new(Any, new(), parameters);

    public static SimulatedDetector LoadDetector() => new(Any, new());

    /// <summary>The answer to one request.</summary>
    public static async Task<TAnswer> OneAsync<TRequest, TAnswer>(this IModel<TRequest, TAnswer> model, TRequest request) =>
        (await model.AnswerAsync([request], CancellationToken.None))[0];

    /// <summary>Every aspect with the same chances for every prompt.</summary>
    public static GeneratorParameters Generator(double level, double boost = 0, double spread = 0) =>
        new("test", "none", 40, 1, Enum.GetValues<Aspect>().ToImmutableSortedDictionary(
            aspect => aspect, _ => new AspectParameters(level, spread, boost)));

    /// <summary>One aspect always wrong, the others always right.</summary>
    public static GeneratorParameters Failing(Aspect wrong) =>
        new("test", "none", 40, 1, Enum.GetValues<Aspect>().ToImmutableSortedDictionary(
            aspect => aspect, aspect => new AspectParameters(aspect == wrong ? -1e9 : 1e9, 0, 0)));

    public static JudgeParameters Judge(double wrongAcceptance, double wrongRejection) =>
        new("test", "none", 1459, 0.5, Enum.GetValues<FaultKind>().ToImmutableSortedDictionary(
            kind => kind, _ => wrongAcceptance), wrongRejection);
}

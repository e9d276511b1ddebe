using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Models.Shapes;
using ReflectDiT.Eval.Models.Simulated;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>The kinds of models of this build.</summary>
public sealed class ModelKinds : IModelKinds
{
    public IGenerator Generator(ModelConfiguration model, Placement placement) => model.Kind switch
    {
        ModelConfiguration.Simulated => new SimulatedGenerator(model, placement, Parameters<GeneratorParameters>(model)),
        ModelConfiguration.Sana or ModelConfiguration.ReflectDit => new SanaGenerator(model, placement, Parameters<SanaParameters>(model)),
        _ => throw Unknown(model),
    };

    public IJudge Judge(ModelConfiguration model, Placement placement) => model.Kind switch
    {
        ModelConfiguration.Simulated => new SimulatedJudge(model, placement, Parameters<JudgeParameters>(model)),
        _ => throw Unknown(model),
    };

    public IDetector Detector(ModelConfiguration model, Placement placement) => model.Kind switch
    {
        ModelConfiguration.Simulated => new SimulatedDetector(model, placement),
        ModelConfiguration.Pixels => new ShapeDetector(model, placement),
        _ => throw Unknown(model),
    };

    private static T Parameters<T>(ModelConfiguration model) => SettingsJson.Read<T>("its parameters", model.Parameters!.Value.GetRawText());

    private static NotSupportedException Unknown(ModelConfiguration model) => new($"this build has no models of the kind '{model.Kind}'");
}

using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Endpoints;
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
        ModelConfiguration.OpenAiImages => new OpenAiImages(placement, Parameters<OpenAiImagesParameters>(model)),
        _ => throw Unknown(model),
    };

    public IJudge Judge(ModelConfiguration model, Placement placement) => model.Kind switch
    {
        ModelConfiguration.Simulated => new SimulatedJudge(model, placement, Parameters<JudgeParameters>(model)),
        ModelConfiguration.OpenAiChat => new OpenAiChatJudge(placement, Parameters<ChatJudgeParameters>(model)),
        ModelConfiguration.Qwen => new QwenJudge(model, placement, Parameters<QwenJudgeParameters>(model)),
        _ => throw Unknown(model),
    };

    public IDetector Detector(ModelConfiguration model, Placement placement) => model.Kind switch
    {
        ModelConfiguration.Simulated => new SimulatedDetector(model, placement),
        ModelConfiguration.Pixels => new ShapeDetector(model, placement),
        ModelConfiguration.Mask2Former => ObjectDetector.Published(model, placement, Parameters<Mask2FormerParameters>(model)),
        ModelConfiguration.Mask2FormerOfHuggingFace =>
            ObjectDetector.OfHuggingFace(model, placement, Parameters<HuggingFaceDetectorParameters>(model)),
        _ => throw Unknown(model),
    };

    public IAnswerer Answerer(ModelConfiguration model, Placement placement) => model.Kind switch
    {
        ModelConfiguration.OpenAiChat => new OpenAiChatAnswerer(placement, Parameters<ChatAnswererParameters>(model)),
        ModelConfiguration.Qwen => new QwenAnswerer(model, placement, Parameters<QwenAnswererParameters>(model)),
        _ => throw Unknown(model),
    };

    public long Memory(ModelConfiguration model, Placement placement) => model.Kind switch
    {
        ModelConfiguration.Sana or ModelConfiguration.ReflectDit =>
            SanaGenerator.Memory(model, placement, Parameters<SanaParameters>(model)).Bytes(placement.Offload == true),
        ModelConfiguration.Qwen => QwenChats.Memory(model, placement),
        ModelConfiguration.Mask2Former or ModelConfiguration.Mask2FormerOfHuggingFace => ObjectDetector.Memory(model, placement),
        _ => 0,
    };

    private static T Parameters<T>(ModelConfiguration model) => SettingsJson.Read<T>("its parameters", model.Parameters!.Value.GetRawText());

    private static NotSupportedException Unknown(ModelConfiguration model) => new($"this build has no models of the kind '{model.Kind}'");
}

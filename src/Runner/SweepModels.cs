using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>The models of a sweep as this process serves them; none need be loaded.</summary>
/// <param name="named">Each that the sweep speaks of, where this process has it.</param>
public sealed class SweepModels(IReadOnlyList<NamedModel> named, ModelHost host)
{
    public SweepModel<DrawRequest, Drawing> Generator(ModelConfiguration model)
    {
        var found = Find(model);
        return new(found, host.Generator(model, found.Placement));
    }

    public SweepModel<JudgeRequest, Judgement> Judge(ModelConfiguration model)
    {
        var found = Find(model);
        return new(found, host.Judge(model, found.Placement));
    }

    public SweepModel<DetectRequest, Detected> Detector(ModelConfiguration model)
    {
        var found = Find(model);
        return new(found, host.Detector(model, found.Placement));
    }

    public SweepModel<AnswerRequest, Answer> Answerer(ModelConfiguration model)
    {
        var found = Find(model);
        return new(found, host.Answerer(model, found.Placement));
    }

    private NamedModel Find(ModelConfiguration model) => named.First(n => n.Model.Identity == model.Identity);
}

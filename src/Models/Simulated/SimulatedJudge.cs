using ReflectDiT.Eval.Benchmarks.GenEval.Simulated;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Reads the cards of the image and judges them as <see cref="JudgeModel"/> does.</summary>
public sealed class SimulatedJudge(ModelConfiguration model, Placement placement, JudgeParameters parameters)
    : SimulatedModel<JudgeRequest, Judgement>(model, placement), IJudge
{
    private readonly JudgeModel _model = new(parameters);

    protected override Judgement Answer(JudgeRequest request)
    {
        var (verdict, text) = _model.Judge(request.Prompt, CardReader.Read(request.Image).Detections(), request.Seed);
        return new(verdict, text, parameters.Tokens, parameters.DeviceSeconds);
    }
}

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Reads the cards of the image and judges them as <see cref="JudgeModel"/> does.</summary>
public sealed class SimulatedJudge : IJudge
{
    private readonly SimulatedService<JudgeRequest, Judgement> _service;

    public SimulatedJudge(JudgeParameters parameters)
    {
        var model = new JudgeModel(parameters);
        _service = new(request =>
        {
            var (verdict, text) = model.Judge(request.Prompt, CardReader.Read(request.Image).Detections(), request.Seed);
            return new Judgement(verdict, text, parameters.Tokens, parameters.DeviceSeconds);
        });
    }

    public Task<Judgement> JudgeAsync(JudgeRequest request, ModelCall call) =>
        _service.AskAsync(request, call);
}

namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>Reads the cards of the image and judges them as <see cref="JudgeModel"/> does.</summary>
public sealed class SimulatedJudge(JudgeParameters parameters) : IJudge
{
    private readonly JudgeModel _model = new(parameters);

    public Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var (verdict, text) = _model.Judge(request.Prompt, CardReader.Read(request.Image).Detections(), request.Seed);
        return Task.FromResult(new Judgement(verdict, text, parameters.Tokens, parameters.DeviceSeconds));
    }
}

namespace ReflectDiT.Eval.Training;

/// <summary>How a stage is trained; all of it decides the weights.</summary>
/// <param name="Steps">Of the whole stage.</param>
/// <param name="Batch">Samples a step.</param>
/// <param name="LearningRate">At its highest.</param>
/// <param name="WarmUp">Steps in which the learning rate rises from 0.</param>
/// <param name="DecayShare">The last share of the steps, in which the learning rate falls to 0 by half a cosine.</param>
/// <param name="WeightDecay">Of matrices alone.</param>
/// <param name="Beta2">Of AdamW.</param>
/// <param name="MeanDecay">Of the running mean of the weights (EMA).</param>
/// <param name="Clip">The longest gradient; a longer one is shortened to it.</param>
/// <param name="Seed">Of all that is drawn at random.</param>
public sealed record TrainingSettings(
    long Steps, int Batch, double LearningRate, int WarmUp = 200, double DecayShare = 0.4, double WeightDecay = 0.01, double Beta2 = 0.99,
    double MeanDecay = 0.9995, double Clip = 1, long Seed = 17)
{
    /// <param name="step">From 1 on.</param>
    public double RateAt(long step)
    {
        var warm = Math.Min(1, (double)step / WarmUp);
        var decaying = Steps * DecayShare;
        var left = Math.Min(1, Math.Max(0, (Steps - step + 1) / decaying));
        return LearningRate * warm * (1 - Math.Cos(Math.PI * left)) / 2;
    }
}

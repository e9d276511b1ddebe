using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Networks;

/// <summary>Samples of 8 bits as networks take them: divided by 255, less the mean, divided by the deviation, in fp32.</summary>
public sealed class ImageNormalization
{
    private readonly float[,] _values = new float[3, 256];

    /// <param name="mean">Of red, green and blue.</param>
    /// <param name="deviation">Of red, green and blue.</param>
    public ImageNormalization(IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            for (var sample = 0; sample < 256; sample++)
            {
                _values[channel, sample] = ((float)(sample / 255.0) - (float)mean[channel]) / (float)deviation[channel];
            }
        }
    }

    /// <summary>OpenAI's, which CLIP and Qwen's vision tower were trained with.</summary>
    public static ImageNormalization Clip { get; } = new([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]);

    /// <summary>From -1 to 1, as SigLIP takes it.</summary>
    public static ImageNormalization Symmetric { get; } = new([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);

    public float this[int channel, byte sample] => _values[channel, sample];

    /// <returns>[3, height, width]</returns>
    public float[] Apply(RgbImage image)
    {
        var plane = image.Width * image.Height;
        var result = new float[3 * plane];
        for (var i = 0; i < image.Rgb.Length; i++)
        {
            result[i % 3 * plane + i / 3] = _values[i % 3, image.Rgb[i]];
        }

        return result;
    }
}

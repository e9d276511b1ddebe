using ReflectDiT.Eval.Images;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ReflectDiT.Eval.Networks;

/// <summary>From what an autoencoder decodes to an image of 8 bits, as diffusers' image processors do it.</summary>
public static class DecodedImage
{
    /// <summary>Covers the size, bilinearly and without antialiasing, and cuts from the centre.</summary>
    /// <param name="image">[B, 3, height, width]</param>
    public static Tensor Fit(Tensor image, int height, int width)
    {
        if (image.shape[2] == height && image.shape[3] == width)
            return image.alias();
        using var scope = NewDisposeScope();
        var ratio = Math.Max((double)height / image.shape[2], (double)width / image.shape[3]);
        var (high, wide) = ((long)(image.shape[2] * ratio), (long)(image.shape[3] * ratio));
        var resized = functional.interpolate(image, [high, wide], mode: InterpolationMode.Bilinear, align_corners: false);
        return resized.narrow(2, (high - height) / 2, height).narrow(3, (wide - width) / 2, width).MoveToOuterDisposeScope();
    }

    /// <summary>From -1..1 to 0..1, in the image's own type.</summary>
    public static Tensor ToUnit(Tensor image) => ((image / 2) + 0.5).clamp(0, 1);

    /// <summary>From 0..1 to 0..255, half rounded to even.</summary>
    /// <param name="image">[B, 3, height, width]</param>
    /// <returns>uint8, [B, height, width, 3]</returns>
    public static Tensor ToBytes(Tensor image) => (image.permute(0, 2, 3, 1).to(float32) * 255).round().to(uint8).contiguous();

    /// <summary>The images of <see cref="ToBytes"/>.</summary>
    public static IReadOnlyList<RgbImage> ToImages(Tensor bytes) =>
        [.. bytes.cpu().unbind(0).Select(image => new RgbImage((int)image.shape[1], (int)image.shape[0], image.contiguous().data<byte>().ToArray()))];
}

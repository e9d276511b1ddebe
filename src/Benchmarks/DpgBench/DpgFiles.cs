using ReflectDiT.Eval.Images;

namespace ReflectDiT.Eval.Benchmarks.DpgBench;

/// <summary>How DPG-Bench lays out images: up to four pictures in one file, two by two.</summary>
public static class DpgFiles
{
    /// <summary>Most pictures of a file.</summary>
    public const int MostPictures = 4;

    /// <summary>The item that a file is of: its name up to the first dot.</summary>
    public static string ItemOf(string file) => Path.GetFileName(file).Split('.')[0];

    /// <summary>A picture of a file, not resized; what the file does not have of it is black.</summary>
    /// <param name="picture">From 0: left to right, then down.</param>
    /// <param name="side">Of a picture.</param>
    public static RgbImage Picture(RgbImage file, int picture, int side) => file.Cut(picture % 2 * side, picture / 2 * side, side, side);
}

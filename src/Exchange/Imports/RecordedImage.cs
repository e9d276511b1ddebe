using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Ledger.Files;

namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>An image of a folder that is imported.</summary>
/// <param name="Name">From the root, with '/' between its parts.</param>
public sealed record RecordedImage(string Root, string Name)
{
    private const int LargestFile = 64 << 20;

    /// <summary>Several are decoded at once.</summary>
    private const int MostPixels = 1 << 24;

    public string File => Path.Combine(Root, Name);

    /// <summary>The file, once it has been decoded.</summary>
    /// <exception cref="IOException">It cannot be read, or is reached over a link.</exception>
    /// <exception cref="InvalidDataException">It is no image.</exception>
    public byte[] Read()
    {
        var content = RegularFile.ReadWithin(Root, Name, LargestFile);
        _ = ImageReader.Decode(content, MostPixels);
        return content;
    }
}

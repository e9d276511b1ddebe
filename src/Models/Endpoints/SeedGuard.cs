using System.Security.Cryptography;
using ReflectDiT.Eval.Images;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>
/// Watches whether a server heeds seeds: one that draws the same image for whatever seed makes best-of-N a lie. What is
/// compared are the images of one prompt, without context; an image of one colour shows nothing (a filter may have hidden it).
/// </summary>
internal sealed class SeedGuard
{
    /// <summary>Prompts with equal images for different seeds, after which it is no chance.</summary>
    private const int Enough = 2;

    private const int MostRemembered = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Seed, byte[] Image)> _first = new(StringComparer.Ordinal);
    private readonly HashSet<string> _equal = new(StringComparer.Ordinal);
    private bool _heeded;

    /// <exception cref="ModelUnavailableException">The server draws the same for every seed.</exception>
    public void See(string prompt, long seed, ReadOnlyMemory<byte> file, RgbImage image)
    {
        lock (_lock)
        {
            if (_heeded)
            {
                return;
            }

            var hash = SHA256.HashData(file.Span);
            if (!_first.TryGetValue(prompt, out var first))
            {
                if (_first.Count < MostRemembered && !IsOfOneColour(image))
                {
                    _first.Add(prompt, (seed, hash));
                }
            }
            else if (first.Seed != seed)
            {
                if (first.Image.AsSpan().SequenceEqual(hash))
                {
                    _equal.Add(prompt);
                }
                else
                {
                    _heeded = true;
                    _first.Clear();
                }
            }

            if (!_heeded && _equal.Count >= Enough)
            {
                throw new ModelUnavailableException(
                    $"the server draws the same image for different seeds (seen for {Enough} prompts, as \"{prompt}\"): it ignores the seed, and N of "
                    + "its images are one. Another 'dialect' may send the seed as the server reads it; without seeds there is nothing to choose among");
            }
        }
    }

    private static bool IsOfOneColour(RgbImage image)
    {
        for (var i = 3; i < image.Rgb.Length; i++)
        {
            if (image.Rgb[i] != image.Rgb[i - 3])
            {
                return false;
            }
        }

        return true;
    }
}

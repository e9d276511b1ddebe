using System.Numerics;

namespace ReflectDiT.Eval.Core.Sweeps;

/// <summary>
/// A section of a sweep file, read key by key by whoever knows what its keys mean. What is wrong ends the reading with the
/// file, the line and the key.
/// </summary>
public interface ISweepSection
{
    /// <summary>Whether the key is there.</summary>
    bool Has(string key);

    /// <summary>One of some words.</summary>
    string Word(string key, params string[] words);

    /// <summary>Null where the key is left out.</summary>
    string? OptionalText(string key);

    /// <summary>An integer in a range; <paramref name="otherwise"/> when the key is left out, if it may be.</summary>
    T Integer<T>(string key, T min, T max, T? otherwise = null)
        where T : struct, IBinaryInteger<T>;

    double Real(string key, double min, double max, double otherwise);

    /// <summary>The file that the key names: its name as messages say it, and what it holds.</summary>
    (string Name, string Text) File(string key);

    ISweepSection Section(string key);

    /// <summary>The model of the section <c>models</c> that the key names.</summary>
    ModelConfiguration Detector(string key);

    /// <inheritdoc cref="Detector"/>
    ModelConfiguration Judge(string key);

    /// <inheritdoc cref="Detector"/>
    ModelConfiguration Answerer(string key);

    /// <summary>What to throw when the key's value is wrong.</summary>
    Exception Error(string key, string message);

    /// <summary>Refuses the keys that nobody asked for.</summary>
    void End();
}

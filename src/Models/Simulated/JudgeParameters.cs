namespace ReflectDiT.Eval.Models.Simulated;

/// <summary>A file <c>benchmarks/geneval/simulated/*.json</c> about a judge.</summary>
/// <param name="Model">Whose published numbers are imitated.</param>
/// <param name="Tokens">In and out, of one judgement.</param>
/// <param name="DeviceSeconds">Of one judgement.</param>
/// <param name="WrongAcceptance">Share of the images with a fault that are accepted, by their first fault.</param>
/// <param name="WrongRejection">Share of the correct images that are rejected.</param>
public sealed record JudgeParameters(
    string Model,
    string Source,
    int Tokens,
    double DeviceSeconds,
    IReadOnlyDictionary<FaultKind, double> WrongAcceptance,
    double WrongRejection)
{
    /// <param name="file">For messages.</param>
    /// <exception cref="FormatException">Names the file, the key and what was expected.</exception>
    public static JudgeParameters Parse(string json, string file)
    {
        var root = ParameterFile.Parse(
            json, file, "model", "source", "tokens", "device_seconds", "wrong_acceptance", "wrong_rejection");
        var kinds = Enum.GetValues<FaultKind>();
        var given = root["wrong_acceptance"].Only([.. kinds.Select(Key)]);
        return new JudgeParameters(
            root["model"].String(),
            root["source"].String(),
            root["tokens"].Count(),
            root["device_seconds"].NumberBetween(0, 100_000),
            kinds.ToDictionary(kind => kind, kind => given[Key(kind)].NumberBetween(0, 1)),
            root["wrong_rejection"].NumberBetween(0, 1));
    }

    /// <summary>The name of a kind of fault in the file.</summary>
    public static string Key(FaultKind kind) => kind.ToString().ToLowerInvariant();
}

namespace ReflectDiT.Eval.Core.Results;

/// <summary>What things cost, all in one currency. A judge is paid by the hour or by the token; zero is free.</summary>
public sealed record Prices(
    string Currency, double GeneratorDeviceHour, double JudgeDeviceHour, double MillionJudgeTokens)
{
    /// <summary>
    /// Reads <c>{"currency", "generator_device_hour", "judge_device_hour", "million_judge_tokens"}</c>, all of them and
    /// nothing else, or throws a <see cref="FormatException"/> that names file and key.
    /// </summary>
    public static Prices Parse(string file, string text)
    {
        var node = JsonNode.Parse(file, text)
            .Only("currency", "generator_device_hour", "judge_device_hour", "million_judge_tokens");
        double Price(string key) => node[key].NumberBetween(0, 1e9);
        return new(
            node["currency"].String(),
            Price("generator_device_hour"),
            Price("judge_device_hour"),
            Price("million_judge_tokens"));
    }
}

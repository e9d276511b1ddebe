namespace ReflectDiT.Eval.Core.Results;

/// <summary>Reads a table of prices from JSON: <c>currency</c>, and three prices that are 0 where left out.</summary>
public static class PricesReader
{
    private const double Dearest = 1e9;

    /// <exception cref="FormatException">Something in it is wrong; file and key are named.</exception>
    public static Prices Read(string file, string text)
    {
        var root = JsonNode.Parse(file, text)
            .Only("currency", "generator_device_hour", "judge_device_hour", "million_judge_tokens");
        double Price(string key) => root.Has(key) ? root[key].NumberBetween(0, Dearest) : 0;
        return new(
            root["currency"].String(),
            Price("generator_device_hour"),
            Price("judge_device_hour"),
            Price("million_judge_tokens"));
    }
}

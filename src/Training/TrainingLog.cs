using System.Text.Json;

namespace ReflectDiT.Eval.Training;

/// <summary>A log of one JSON object a line. What it holds of steps behind the checkpoint that training goes on from is gone.</summary>
internal sealed class TrainingLog : IDisposable
{
    private readonly StreamWriter _file;

    /// <param name="done">The step that training goes on from.</param>
    public TrainingLog(string path, long done)
    {
        string[] kept = File.Exists(path) ? [.. File.ReadLines(path).Where(line => StepOf(line) <= done)] : [];
        File.WriteAllLines(path, kept);
        _file = new(path, append: true) { AutoFlush = true };
    }

    public void Step(long step, double loss, double meanLoss, double gradient, double rate, double samplesPerSecond) =>
        Write(step, new() { ["loss"] = loss, ["mean_loss"] = meanLoss, ["gradient"] = gradient, ["learning_rate"] = rate, ["samples_per_second"] = samplesPerSecond });

    public void Validation(long step, IReadOnlyDictionary<string, double> measured)
    {
        if (measured.Count > 0)
            Write(step, measured.ToDictionary(one => one.Key, one => one.Value));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>That of a line; beyond all where the line was not finished.</summary>
    private static long StepOf(string line)
    {
        try
        {
            return JsonElement.Parse(line).GetProperty("step").GetInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return long.MaxValue;
        }
    }

    private void Write(long step, Dictionary<string, double> numbers)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            json.WriteString("at", DateTimeOffset.UtcNow);
            foreach (var (name, number) in numbers)
                json.WriteNumber(name, Math.Round(number, 7));
            json.WriteEndObject();
        }

        _file.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }
}

using System.Text;
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

    /// <summary>Training begins or goes on.</summary>
    public void Started(long done, string processor, int threads) => Write(done, json =>
    {
        json.WriteString("processor", processor);
        json.WriteNumber("threads", threads);
    });

    public void Step(long step, double loss, double meanLoss, double gradient, double rate, double samplesPerSecond) =>
        Write(step, json =>
        {
            Number(json, "loss", loss);
            Number(json, "mean_loss", meanLoss);
            Number(json, "gradient", gradient);
            Number(json, "learning_rate", rate);
            Number(json, "samples_per_second", samplesPerSecond);
        });

    public void Validation(long step, IReadOnlyDictionary<string, double> measured)
    {
        if (measured.Count > 0)
            Write(step, json =>
            {
                json.WriteStartObject("validation");
                foreach (var (name, number) in measured)
                    Number(json, name, number);
                json.WriteEndObject();
            });
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

    private static void Number(Utf8JsonWriter json, string name, double number) => json.WriteNumber(name, Math.Round(number, 7));

    private void Write(long step, Action<Utf8JsonWriter> more)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            json.WriteString("at", DateTimeOffset.UtcNow);
            more(json);
            json.WriteEndObject();
        }

        _file.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }
}

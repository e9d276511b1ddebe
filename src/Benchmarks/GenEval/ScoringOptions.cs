using System.Text.Json;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>The five run-time options of the published scorer that the rules depend on, with its defaults.</summary>
public sealed record ScoringOptions
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static ScoringOptions Default { get; } = new();

    /// <summary>A detection counts when its confidence is above this, compared as float32.</summary>
    public double Threshold { get; init => field = Finite(value, "threshold"); } = 0.3;

    /// <summary>Used instead of <see cref="Threshold"/> when the tag is exactly <c>counting</c>.</summary>
    public double CountingThreshold { get; init => field = Finite(value, "counting_threshold"); } = 0.9;

    /// <summary>The most objects of one class, taken before overlaps are removed.</summary>
    public int MaxObjects { get; init => field = AtLeastOne(value); } = 16;

    /// <summary>Objects of one class that overlap a better one by so much (IoU) are dropped; 1 drops none.</summary>
    public double MaxOverlap { get; init => field = Finite(value, "max_overlap"); } = 1.0;

    /// <summary>Share of the summed box sizes that an offset must exceed before it counts as a relation.</summary>
    public double PositionThreshold { get; init => field = Finite(value, "position_threshold"); } = 0.1;

    /// <summary>Keys in the order above.</summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Form);

    /// <exception cref="JsonException">An option is none of these.</exception>
    public static ScoringOptions FromJson(JsonElement json) => json.Deserialize<ScoringOptions>(Form)!;

    private static double Finite(double value, string option) =>
        double.IsFinite(value)
            ? value
            : throw new InvalidDataException($"option {option} is {value}; expected a finite number");

    private static int AtLeastOne(int value) =>
        value >= 1
            ? value
            : throw new InvalidDataException($"option max_objects is {value}; expected 1 or more");
}

using System.Text.Json;
using System.Text.Json.Serialization;
using ReflectDiT.Eval.Core.Strategies;

namespace ReflectDiT.Eval.Core.Sweeps;

/// <summary>
/// All that decides what a sweep draws and how it is scored, with every file that it names taken in. Its canonical
/// JSON is the identity of the sweep.
/// </summary>
public sealed record SweepConfiguration(
    string Name,
    BenchmarkConfiguration Benchmark,
    long Seed,
    int Replicates,
    ScorerConfiguration? Scorer,
    IReadOnlyList<ArmConfiguration> Arms)
{
    /// <summary>Keys in the order of the records, no white space: equal configurations give equal text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecordedSettings.Form);

    public static SweepConfiguration FromJson(string json) =>
        JsonSerializer.Deserialize<SweepConfiguration>(json, RecordedSettings.Form)
        ?? throw new JsonException("A sweep's configuration is null.");
}

/// <summary>A benchmark, and what decides its prompts; the benchmark itself knows what its settings mean.</summary>
public sealed record BenchmarkConfiguration(string Kind)
{
    /// <summary>Written beside the kind, in this order; see <see cref="RecordedSettings"/>.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement> Settings { get; init; } = [];
}

/// <summary>How images are scored; the benchmark knows what the settings mean.</summary>
public sealed record ScorerConfiguration
{
    /// <summary>In this order; see <see cref="RecordedSettings"/>.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement> Settings { get; init; } = [];

    /// <summary>Equal scorers give equal text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecordedSettings.Form);

    /// <exception cref="JsonException">It is none.</exception>
    public static ScorerConfiguration FromJson(string json) =>
        JsonSerializer.Deserialize<ScorerConfiguration>(json, RecordedSettings.Form) ?? throw new JsonException("A scorer is null.");
}

/// <summary>A model as a sweep records it: all that changes its answers, and nothing of where it runs.</summary>
/// <param name="Parameters">The content of the model's parameter file, if it has one.</param>
public sealed record ModelConfiguration(string Kind, JsonElement? Parameters)
{
    public const string Simulated = "simulated";

    /// <summary>A SANA in the folder of its placement.</summary>
    public const string Sana = "sana";

    /// <summary>A Reflect-DiT: the snapshot of the SANA that it was tuned from, with its transformer and a vision encoder.</summary>
    public const string ReflectDit = "reflect-dit";

    /// <summary>Draws, as images behind a server that speaks OpenAI's protocol, or one like it.</summary>
    public const string OpenAiImages = "openai-images";

    /// <summary>A vision-language model behind such a server.</summary>
    public const string OpenAiChat = "openai-chat";

    /// <summary>A Qwen2.5-VL in the folder of its placement: a judge, or an answerer of questions.</summary>
    public const string Qwen = "qwen2.5-vl";

    /// <summary>GenEval's detector: mmdet's Mask2Former, with CLIP for the colours.</summary>
    public const string Mask2Former = "mask2former-clip";

    /// <summary>Another detector than GenEval's: Mask2Former as Hugging Face has it, with CLIP for the colours.</summary>
    public const string Mask2FormerOfHuggingFace = "mask2former-hf-clip";

    /// <summary>The detector of the world of shapes: no network, and no weights.</summary>
    public const string Pixels = "pixels";

    /// <summary>Ran elsewhere; which model it was is not recorded.</summary>
    public const string Elsewhere = "elsewhere";

    public static ModelConfiguration RanElsewhere { get; } = new(Elsewhere, null);

    /// <summary>The one size that its batches have, filled up where requests are few; null for one that ran elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Batch { get; init; }

    /// <summary>The <see cref="Models.IModel{TRequest, TAnswer}.Digest"/> that its weights must have; null for any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Digest { get; init; }

    [JsonIgnore]
    public bool IsSimulated => Kind == Simulated;

    /// <summary>
    /// How a generator that knows no context is made to use one: <c>edit</c> of its past images, or <c>rewrite</c> of its
    /// prompt; null for one that knows contexts, or takes none.
    /// </summary>
    [JsonIgnore]
    public string? ContextBy => Kind != OpenAiImages || Parameters is not { ValueKind: JsonValueKind.Object } parameters ? null
        : parameters.TryGetProperty("edit", out _) ? "edit"
        : parameters.TryGetProperty("rewrite", out _) ? "rewrite"
        : null;

    /// <summary>All of it as canonical JSON: models of one identity and one digest give the same answers.</summary>
    [JsonIgnore]
    public string Identity => JsonSerializer.Serialize(this, RecordedSettings.Form);

    /// <summary>As people are told of it: "SANA-1.0-1.6B (simulated)".</summary>
    [JsonIgnore]
    public string Title =>
        Parameters is { ValueKind: JsonValueKind.Object } parameters && parameters.TryGetProperty("model", out var model)
            && model.ValueKind == JsonValueKind.String
            ? $"{model.GetString()} ({Kind}{(ContextBy is { } by ? $", {by}" : "")})"
            : Kind;

    /// <exception cref="JsonException">Written by a program that knows more.</exception>
    public static ModelConfiguration FromJson(string json) =>
        JsonSerializer.Deserialize<ModelConfiguration>(json, RecordedSettings.Form) ?? throw new JsonException("A model is null.");
}

/// <param name="Published">Id of the published arm that this one reproduces, or null.</param>
public sealed record ArmConfiguration(
    string Name, string? Published, ModelConfiguration Generator, ModelConfiguration Judge, IStrategy Strategy)
{
    /// <summary>The input of an arm that was run elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImportedFrom? Imported { get; init; }
}

/// <summary>The input that an imported arm was read from.</summary>
/// <param name="Format">geneval, reflect-dit, csv or dpg.</param>
/// <param name="Sha256">Of the input; of a folder, over the names and hashes of the files read.</param>
public sealed record ImportedFrom(string Format, string Sha256);
